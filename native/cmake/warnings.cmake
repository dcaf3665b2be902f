# maskforge_warnings: what our own files are compiled with. Headers of others are included as SYSTEM.
add_library(maskforge_warnings INTERFACE)
target_compile_options(maskforge_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wno-unknown-pragmas>
  # Not pedantic: nvcc hands its own line markers to the host's compiler.
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wno-unknown-pragmas>)
if(MASKFORGE_WARNINGS_AS_ERRORS)
  target_compile_options(maskforge_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Werror>
    "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Werror all-warnings -Xcompiler=-Werror>")
endif()
