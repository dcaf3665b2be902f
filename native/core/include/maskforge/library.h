// Opens a family's libraries through the backend that was compiled for it.
#pragma once

#include <memory>
#include <string>

#include "maskforge/backend.h"

namespace maskforge {

const char* familyName(Family family) noexcept;

/// Opens `backendPath` and through it the family's own libraries. One library of each family can be open in a process:
/// the same paths give the same backend again, other paths are refused. Nothing opened here is ever closed.
/// @throws Error LIBRARY_MISSING, LIBRARY_BROKEN, LIBRARY_FOREIGN (of another family), LIBRARY_TOO_OLD,
///   LIBRARY_CONFLICT (another one of the family is open)
std::shared_ptr<Backend> openLibrary(Family family, const std::string& backendPath, const LibraryPaths& paths);

}  // namespace maskforge
