// What a call refused with.
#pragma once

#include <string>

#include "maskforge/error.h"

struct Refusal {
  std::string code, message;
};

/// Empty when nothing was thrown. Anything but an Error passes through and fails the test.
template <typename Call>
Refusal refusalOf(Call call) {
  try {
    call();
    return {};
  } catch (const maskforge::Error& error) {
    return {error.code(), error.what()};
  }
}

template <typename Call>
std::string codeOf(Call call) {
  return refusalOf(call).code;
}
