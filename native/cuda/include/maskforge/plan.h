// Tables that pre- and postprocessing read: computed on the host, in double precision, as the TypeScript side does.
#pragma once

#include <cstdint>
#include <vector>

#include "maskforge/session.h"

namespace maskforge {

/// Weights of one axis: for each output position where its inputs begin, how many they are, and their weights.
struct AxisWeights {
  int taps = 0;
  std::vector<std::int32_t> first, count;
  /// `taps` numbers for each output position, 22-bit fixed point, summing to 1.
  std::vector<std::int32_t> weights;
};

/// The weights that Pillow uses for one axis. @param filter bilinear or bicubic
AxisWeights axisWeights(int from, int to, Resample filter);

/// For each output position the input position of `nearest`.
std::vector<std::int32_t> nearestPositions(int from, int to);

/// Where one axis of the mask falls on the grid of logits.
struct AxisCells {
  /// For each pixel its cell: the grid position at or before it.
  std::vector<std::int32_t> cells;
  /// For each pixel its way from there to the next position, 0–1.
  std::vector<float> weights;
};

AxisCells placeAxis(int pixels, int grid, double scale);

/// Rows of the mask that lie in one row of cells, at most `kSTRIP_ROWS` of them.
struct Strip {
  std::int32_t firstRow, rows, cell;
};

constexpr int kSTRIP_ROWS = 4;

std::vector<Strip> strips(const std::vector<std::int32_t>& rowCells);

/// What a network gives for each item of its batch.
struct OutputGrid {
  /// 1 for class ids.
  int channels = 1;
  int width = 0, height = 0;
};

/// Tiles whose outputs are put together on one grid.
struct TileGrid {
  int width = 0, height = 0;
  /// Grid positions of each tile.
  std::vector<Placement::Tile> origins;
  /// One over the number of tiles that lie over each column and row.
  std::vector<float> columnWeights, rowWeights;
};

/// @throws Error OUTPUT_UNSUPPORTED where tiles do not fall on grid positions
TileGrid tileGrid(const Placement& placement, const OutputGrid& output);

/// Class ids: for each pixel of one axis of the mask the nearest position in the output of the tile that it is taken
/// from. Where tiles overlap, each gives the half that lies nearer to its middle.
struct AxisIds {
  std::vector<std::int32_t> positions;
  /// For each tile the pixels taken from it.
  std::vector<std::int32_t> from, to;
};

/// @param starts of all tiles along this axis, in pixels of the picture
AxisIds placeIds(const std::vector<int>& starts, int tileExtent, int pixels, int grid, double scale);

}  // namespace maskforge
