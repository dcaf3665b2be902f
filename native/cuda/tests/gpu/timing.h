#pragma once

namespace maskforge::testing {

/// Prints one JSON object: the median time of each kernel, and how fast the device copies.
int printTimings(int runs);

}  // namespace maskforge::testing
