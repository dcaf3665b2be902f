#include "maskforge/plan.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "maskforge/error.h"

namespace maskforge {

namespace {

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

/// Keys' cubic with a = -0.5.
double catmullRom(double x) {
  const double t = std::abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  if (t < 2) return ((-0.5 * t + 2.5) * t - 4) * t + 2;
  return 0;
}

/// How many tiles lie over each position of one axis.
std::vector<float> coverageWeights(const std::set<int>& starts, int extent, int length) {
  std::vector<float> weights(static_cast<std::size_t>(length));
  for (int position = 0; position < length; ++position) {
    const auto covers = [&](int start) { return position >= start && position < start + extent; };
    const auto count = std::count_if(starts.begin(), starts.end(), covers);
    weights[static_cast<std::size_t>(position)] =
        static_cast<float>(1.0 / std::max<double>(1, static_cast<double>(count)));
  }
  return weights;
}

}  // namespace

AxisWeights axisWeights(int from, int to, Resample filter) {
  const bool linear = filter == Resample::bilinear;
  const double scale = static_cast<double>(from) / to;
  const double widening = std::max(scale, 1.0);
  const double support = (linear ? 1 : 2) * widening;
  AxisWeights axis;
  axis.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  axis.first.resize(static_cast<std::size_t>(to));
  axis.count.resize(static_cast<std::size_t>(to));
  axis.weights.resize(static_cast<std::size_t>(to) * axis.taps);
  std::vector<double> exact(static_cast<std::size_t>(axis.taps));
  for (int position = 0; position < to; ++position) {
    const double center = (position + 0.5) * scale;
    const int first = static_cast<int>(std::max(0.0, std::trunc(center - support + 0.5)));
    const int count = static_cast<int>(std::min<double>(from, std::trunc(center + support + 0.5))) - first;
    double sum = 0;
    for (int k = 0; k < count; ++k) {
      const double x = (k + first - center + 0.5) / widening;
      exact[static_cast<std::size_t>(k)] = linear ? triangle(x) : catmullRom(x);
      sum += exact[static_cast<std::size_t>(k)];
    }
    for (int k = 0; k < count; ++k) {
      const double weight = (exact[static_cast<std::size_t>(k)] / sum) * (1 << 22);
      axis.weights[static_cast<std::size_t>(position) * axis.taps + k] =
          static_cast<std::int32_t>(std::trunc(weight < 0 ? weight - 0.5 : weight + 0.5));
    }
    axis.first[static_cast<std::size_t>(position)] = first;
    axis.count[static_cast<std::size_t>(position)] = count;
  }
  return axis;
}

std::vector<std::int32_t> nearestPositions(int from, int to) {
  std::vector<std::int32_t> positions(static_cast<std::size_t>(to));
  for (int x = 0; x < to; ++x) {
    const double position = std::floor(((x + 0.5) * from) / to);
    positions[static_cast<std::size_t>(x)] = static_cast<std::int32_t>(std::min<double>(from - 1, position));
  }
  return positions;
}

AxisCells placeAxis(int pixels, int grid, double scale) {
  AxisCells axis;
  axis.cells.resize(static_cast<std::size_t>(pixels));
  axis.weights.resize(static_cast<std::size_t>(pixels));
  for (int pixel = 0; pixel < pixels; ++pixel) {
    const double position = std::min<double>(grid - 1, std::max(0.0, (pixel + 0.5) * scale - 0.5));
    const double cell = std::floor(position);
    axis.cells[static_cast<std::size_t>(pixel)] = static_cast<std::int32_t>(cell);
    axis.weights[static_cast<std::size_t>(pixel)] = static_cast<float>(position - cell);
  }
  return axis;
}

std::vector<Strip> strips(const std::vector<std::int32_t>& rowCells) {
  std::vector<Strip> result;
  for (std::size_t row = 0; row < rowCells.size(); ++row) {
    const bool continues = !result.empty() && result.back().cell == rowCells[row] && result.back().rows < kSTRIP_ROWS;
    if (continues) result.back().rows += 1;
    else result.push_back({static_cast<std::int32_t>(row), 1, rowCells[row]});
  }
  return result;
}

TileGrid tileGrid(const Placement& placement, const OutputGrid& output) {
  const int strideX = placement.inputWidth / output.width;
  const int strideY = placement.inputHeight / output.height;
  const bool whole = strideX * output.width == placement.inputWidth && strideY * output.height == placement.inputHeight;
  TileGrid grid;
  std::set<int> columns, rows;
  for (const Placement::Tile& tile : placement.tiles) {
    if (!whole || tile.x % strideX != 0 || tile.y % strideY != 0) {
      throw Error("OUTPUT_UNSUPPORTED", "Tiles do not fall on positions of the network's output.");
    }
    grid.origins.push_back({tile.x / strideX, tile.y / strideY});
    columns.insert(grid.origins.back().x);
    rows.insert(grid.origins.back().y);
  }
  grid.width = *columns.rbegin() + output.width;
  grid.height = *rows.rbegin() + output.height;
  grid.columnWeights = coverageWeights(columns, output.width, grid.width);
  grid.rowWeights = coverageWeights(rows, output.height, grid.height);
  return grid;
}

AxisIds placeIds(const std::vector<int>& starts, int tileExtent, int pixels, int grid, double scale) {
  const std::set<int> ordered(starts.begin(), starts.end());
  AxisIds axis;
  axis.positions.resize(static_cast<std::size_t>(pixels));
  for (const int start : starts) {
    const auto at = ordered.find(start);
    const auto next = std::next(at);
    const int from = at == ordered.begin() ? 0 : (start + *std::prev(at) + tileExtent) / 2;
    const int to = std::min(pixels, next == ordered.end() ? pixels : (*next + start + tileExtent) / 2);
    axis.from.push_back(from);
    axis.to.push_back(std::max(from, to));
    for (int pixel = from; pixel < to; ++pixel) {
      const double position = std::floor((pixel - start + 0.5) * scale);
      axis.positions[static_cast<std::size_t>(pixel)] =
          static_cast<std::int32_t>(std::min<double>(grid - 1, std::max(0.0, position)));
    }
  }
  return axis;
}

}  // namespace maskforge
