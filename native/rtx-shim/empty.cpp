// Nothing: what counts is the name in the library and what it needs (see CMakeLists.txt).
