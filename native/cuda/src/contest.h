// Which class wins, for the pixels of one column of the mask that lie in one row of cells.
#pragma once

#include "arithmetic.h"

namespace maskforge {

/// False for NaN and positive infinity.
MASKFORGE_HD bool decides(float logit) { return logit <= 3.402823466e38f; }

/// Where the four corners of a cell begin (class 0), and how to go on.
template <typename T>
struct Corners {
  const T *topLeft, *topRight, *bottomLeft, *bottomRight;
  std::int64_t classStride;

  MASKFORGE_HD float at(int id, float sx, float tx, float sy, float ty) const {
    const std::int64_t offset = id * classStride;
    return bilinear(toFloat(topLeft[offset]), toFloat(topRight[offset]), toFloat(bottomLeft[offset]),
                    toFloat(bottomRight[offset]), sx, tx, sy, ty);
  }

  MASKFORGE_HD bool decide(int id) const {
    const std::int64_t offset = id * classStride;
    return decides(toFloat(topLeft[offset])) && decides(toFloat(topRight[offset])) &&
           decides(toFloat(bottomLeft[offset])) && decides(toFloat(bottomRight[offset]));
  }
};

template <typename T>
MASKFORGE_HD Corners<T> cornersOf(const UpsampleTask& task, int item, int column, int row) {
  const T* logits = static_cast<const T*>(task.logits) + task.itemStride * item;
  const int right = column + 1 < task.gridWidth ? column + 1 : column;
  const int below = row + 1 < task.gridHeight ? row + 1 : row;
  const auto position = [&](int x, int y) {
    return logits + (static_cast<std::int64_t>(y) * task.gridWidth + x) * task.positionStride;
  };
  return {position(column, row), position(right, row), position(column, below), position(right, below),
          task.classStride};
}

/// Winners and their logits. The lowest id wins a tie; nothing compares with NaN, so that class 0 stands for a network
/// that has lost its way.
template <int ROWS>
struct Winners {
  float best[ROWS];
  int id[ROWS];
  /// Whether all logits that were looked at are numbers that a winner follows from.
  bool decided;
};

template <typename T, int ROWS>
MASKFORGE_HD Winners<ROWS> contest(const Corners<T>& corners, int channels, float tx, const float* ty) {
  const float sx = addRounded(1.0f, -tx);
  Winners<ROWS> winners;
  const int first = channels == 1 ? 1 : 0;
  winners.decided = first == 1 || corners.decide(0);
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
    winners.id[row] = 0;
    winners.best[row] = first == 1 ? 0.0f : corners.at(0, sx, tx, addRounded(1.0f, -ty[row]), ty[row]);
  }
  // A single logit is class 1, against a plane of zeros.
  const int count = channels == 1 ? 2 : channels;
#pragma unroll 4
  for (int id = 1; id < count; ++id) {
    const std::int64_t offset = (id - first) * corners.classStride;
    const float a = toFloat(corners.topLeft[offset]);
    const float b = toFloat(corners.topRight[offset]);
    const float c = toFloat(corners.bottomLeft[offset]);
    const float d = toFloat(corners.bottomRight[offset]);
    winners.decided = winners.decided && decides(a) && decides(b) && decides(c) && decides(d);
#pragma unroll
    for (int row = 0; row < ROWS; ++row) {
      const float value = bilinear(a, b, c, d, sx, tx, addRounded(1.0f, -ty[row]), ty[row]);
      if (value > winners.best[row]) {
        winners.best[row] = value;
        winners.id[row] = id;
      }
    }
  }
  return winners;
}

/// Sums of e^(logit - winner's logit), in ascending order of id.
template <typename T, int ROWS>
MASKFORGE_HD void sumExponentials(const Corners<T>& corners, int channels, float tx, const float* ty,
                                  const Winners<ROWS>& winners, float* sums) {
  const float sx = addRounded(1.0f, -tx);
#pragma unroll
  for (int row = 0; row < ROWS; ++row) sums[row] = channels == 1 ? expNegative(-winners.best[row]) : 0.0f;
  for (int id = 0; id < channels; ++id) {
    const std::int64_t offset = id * corners.classStride;
    const float a = toFloat(corners.topLeft[offset]);
    const float b = toFloat(corners.topRight[offset]);
    const float c = toFloat(corners.bottomLeft[offset]);
    const float d = toFloat(corners.bottomRight[offset]);
#pragma unroll
    for (int row = 0; row < ROWS; ++row) {
      const float value = bilinear(a, b, c, d, sx, tx, addRounded(1.0f, -ty[row]), ty[row]);
      sums[row] = addRounded(sums[row], expNegative(addRounded(value, -winners.best[row])));
    }
  }
}

/// The winner at one grid position, with no upsampling.
template <typename T>
MASKFORGE_HD Winners<1> contestAt(const T* logits, std::int64_t classStride, int channels) {
  Winners<1> winners{{channels == 1 ? 0.0f : toFloat(logits[0])}, {0}, true};
  winners.decided = decides(winners.best[0]);
  const int first = channels == 1 ? 1 : 0;
  const int count = channels == 1 ? 2 : channels;
#pragma unroll 4
  for (int id = 1; id < count; ++id) {
    const float value = toFloat(logits[(id - first) * classStride]);
    winners.decided = winners.decided && decides(value);
    if (value > winners.best[0]) {
      winners.best[0] = value;
      winners.id[0] = id;
    }
  }
  return winners;
}

template <typename T>
MASKFORGE_HD float sumExponentialsAt(const T* logits, std::int64_t classStride, int channels, float best) {
  float sum = channels == 1 ? expNegative(-best) : 0.0f;
  for (int id = 0; id < channels; ++id) {
    sum = addRounded(sum, expNegative(addRounded(toFloat(logits[id * classStride]), -best)));
  }
  return sum;
}

/// One logit's share of the average over the tiles that lie over it.
MASKFORGE_HD float tileShare(float logit, float columnWeight, float rowWeight) {
  return mulRounded(mulRounded(logit, columnWeight), rowWeight);
}

/// The lower 32 bits hold any class id, and tell those below 0 from it.
MASKFORGE_HD std::uint32_t idAt(const void* ids, DataType type, std::int64_t index) {
  switch (type) {
    case DataType::int64: return static_cast<const std::uint32_t*>(ids)[index * 2];
    case DataType::int32: return static_cast<const std::uint32_t*>(ids)[index];
    default: return static_cast<const std::uint8_t*>(ids)[index];
  }
}

}  // namespace maskforge
