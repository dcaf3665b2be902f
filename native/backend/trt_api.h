// Opening the libraries of the family.
#pragma once

#include "maskforge/types.h"
#include "trt.h"

namespace maskforge {

/// Opens the runtime and, where its path is given, the parser, and claims the names by which they open their neighbours.
/// @throws Error LIBRARY_MISSING, LIBRARY_BROKEN, LIBRARY_FOREIGN, LIBRARY_TOO_OLD
TrtApi openTrt(const LibraryPaths& paths);
void openTrtParser(TrtApi& api, const std::string& path);

}  // namespace maskforge
