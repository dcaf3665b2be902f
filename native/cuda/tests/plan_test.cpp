#include "maskforge/plan.h"

#include <gtest/gtest.h>

#include <numeric>

#include "maskforge/error.h"
#include "maskforge/tasks.h"

namespace maskforge {
namespace {

TEST(AxisWeights, SumToOneForEachPosition) {
  for (const auto& [from, to] : {std::pair{640, 128}, {128, 640}, {7, 5}, {1, 9}, {9, 1}, {4096, 513}}) {
    for (const Resample filter : {Resample::bilinear, Resample::bicubic}) {
      const AxisWeights axis = axisWeights(from, to, filter);
      for (int x = 0; x < to; ++x) {
        const auto begin = axis.weights.begin() + x * axis.taps;
        const int sum = std::accumulate(begin, begin + axis.count[x], 0);
        EXPECT_NEAR(sum, 1 << 22, axis.taps) << from << " to " << to << " at " << x;
        EXPECT_GE(axis.first[x], 0);
        EXPECT_LE(axis.first[x] + axis.count[x], from);
        EXPECT_LE(axis.count[x], axis.taps);
      }
    }
  }
}

TEST(AxisWeights, HalvingTakesFourNeighboursWeighedByDistance) {
  const AxisWeights axis = axisWeights(8, 4, Resample::bilinear);
  const std::int32_t eighth = (1 << 22) / 8;
  EXPECT_EQ(axis.first[1], 1);
  EXPECT_EQ(axis.count[1], 4);
  const std::vector<std::int32_t> inner(axis.weights.begin() + axis.taps, axis.weights.begin() + axis.taps + 4);
  EXPECT_EQ(inner, (std::vector<std::int32_t>{eighth, 3 * eighth, 3 * eighth, eighth}));
}

TEST(NearestPositions, CentresCorrespond) {
  EXPECT_EQ(nearestPositions(4, 2), (std::vector<std::int32_t>{1, 3}));
  EXPECT_EQ(nearestPositions(2, 5), (std::vector<std::int32_t>{0, 0, 1, 1, 1}));
}

TEST(PlaceAxis, HoldsPositionsInsideTheGrid) {
  const AxisCells axis = placeAxis(8, 2, 0.25);
  EXPECT_EQ(axis.cells, (std::vector<std::int32_t>{0, 0, 0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(axis.weights, (std::vector<float>{0, 0, 0.125f, 0.375f, 0.625f, 0.875f, 0, 0}));
}

TEST(Strips, CoverEveryRowOnceWithinOneCell) {
  for (const auto& [pixels, grid] : {std::pair{1024, 256}, {71, 13}, {15, 48}, {1, 9}, {50, 1}, {720, 45}}) {
    const AxisCells axis = placeAxis(pixels, grid, static_cast<double>(grid) / pixels);
    int next = 0;
    for (const Strip& strip : strips(axis.cells)) {
      EXPECT_EQ(strip.firstRow, next);
      EXPECT_GE(strip.rows, 1);
      EXPECT_LE(strip.rows, kSTRIP_ROWS);
      for (int row = 0; row < strip.rows; ++row) EXPECT_EQ(axis.cells[next + row], strip.cell);
      next += strip.rows;
    }
    EXPECT_EQ(next, pixels);
  }
}

Placement tiled() {
  Placement placement;
  placement.inputWidth = placement.inputHeight = 64;
  placement.tiles = {{0, 0}, {44, 0}, {88, 0}, {0, 28}, {44, 28}, {88, 28}};
  return placement;
}

TEST(TileGrid, WeighsEachPositionByItsCoverage) {
  const TileGrid grid = tileGrid(tiled(), {5, 16, 16});
  EXPECT_EQ(grid.width, 38);
  EXPECT_EQ(grid.height, 23);
  EXPECT_EQ(grid.origins[4].x, 11);
  EXPECT_EQ(grid.origins[4].y, 7);
  EXPECT_EQ(grid.columnWeights[10], 1.0f);
  EXPECT_EQ(grid.columnWeights[11], 0.5f);
  EXPECT_EQ(grid.columnWeights[16], 1.0f);
  EXPECT_EQ(grid.rowWeights[7], 0.5f);
}

TEST(TileGrid, RefusesTilesBetweenPositions) {
  Placement placement = tiled();
  placement.tiles[1].x = 43;
  EXPECT_THROW(tileGrid(placement, {5, 16, 16}), Error);
}

TEST(PlaceIds, GivesEachPixelToTheTileWhoseMiddleIsNearer) {
  const AxisIds axis = placeIds({0, 44, 88}, 64, 150, 16, 0.25);
  EXPECT_EQ(axis.from, (std::vector<std::int32_t>{0, 54, 98}));
  EXPECT_EQ(axis.to, (std::vector<std::int32_t>{54, 98, 150}));
  EXPECT_EQ(axis.positions[53], 13);
  EXPECT_EQ(axis.positions[54], 2);
  EXPECT_EQ(axis.positions[149], 15);
}

TEST(PreprocessPlan, RefusesWhatDoesNotBelongTogether) {
  Frame frame;
  frame.width = frame.height = 8;
  frame.stride = 32;
  Placement placement;
  placement.resizedWidth = placement.resizedHeight = placement.inputWidth = placement.inputHeight = 8;
  placement.fill.resize(12);
  Normalisation normalisation;
  normalisation.tables.resize(3 * 256 * 4);
  EXPECT_NO_THROW(PreprocessPlan(frame, placement, normalisation));
  const auto refused = [&](auto change) {
    Frame f = frame;
    Placement p = placement;
    Normalisation n = normalisation;
    change(f, p, n);
    EXPECT_THROW(PreprocessPlan(f, p, n), Error);
  };
  refused([](Frame& f, Placement&, Normalisation&) { f.stride = 31; });
  refused([](Frame& f, Placement&, Normalisation&) { f.width = 0; });
  refused([](Frame&, Placement& p, Normalisation&) { p.fill.resize(3); });
  refused([](Frame&, Placement& p, Normalisation&) { p.tiles.clear(); });
  refused([](Frame&, Placement& p, Normalisation&) { p.resizedHeight = 0; });
  refused([](Frame&, Placement&, Normalisation& n) { n.tables.resize(100); });
  refused([](Frame&, Placement&, Normalisation& n) { n.channels = 2; });
  refused([](Frame&, Placement&, Normalisation& n) { n.source[1] = 3; });
}

}  // namespace
}  // namespace maskforge
