# maskforge_add_plugin(NAME name KERNELS k.cu… SOURCES s.cpp…
#                      HOST_TESTS t.cpp… PLUGIN_TESTS t.cpp… GPU_TESTS t.cu…)
#
# Makes maskforge_<name>_10 (headers of TensorRT 10) and maskforge_<name>_11 (headers of TensorRT 11; TensorRT for RTX
# loads it too), where those headers are known. The kernels are compiled once. Nothing links to TensorRT: the host
# program has loaded it before it loads a plugin.
#   HOST_TESTS    run the kernels on the processor
#   PLUGIN_TESTS  load the library and call its creators and plugins as TensorRT does; compiled for each family
#   GPU_TESTS     maskforge_<name>_gpu_tests; always built, run by CTest with -DMASKFORGE_GPU_TESTS=ON
include_guard()

set(MASKFORGE_PLUGINS_DIR ${CMAKE_CURRENT_LIST_DIR})
option(MASKFORGE_GPU_TESTS "Register the tests that need a GPU" OFF)

function(maskforge_plugin_library target headers family)
  add_library(${target} SHARED ${ARGN})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${MASKFORGE_PLUGINS_DIR}/common)
  target_include_directories(${target} SYSTEM PRIVATE ${headers} ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
  target_compile_definitions(${target} PRIVATE MASKFORGE_PLUGIN_FAMILY="${family}")
  target_link_libraries(${target} PRIVATE maskforge_warnings)
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CUDA)
  # The static CUDA runtime's symbols stay inside: every library in the process brings its own.
  target_link_options(${target} PRIVATE "LINKER:--exclude-libs,ALL" "LINKER:--no-undefined")
endfunction()

function(maskforge_plugin_test target headers)
  add_executable(${target} ${ARGN})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${MASKFORGE_PLUGINS_DIR}/common
                                               ${MASKFORGE_PLUGINS_DIR}/common/tests)
  target_include_directories(${target} SYSTEM PRIVATE ${headers} ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
  target_link_libraries(${target} PRIVATE maskforge_warnings GTest::gtest GTest::gtest_main ${CMAKE_DL_LIBS})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CUDA)
  gtest_discover_tests(${target} TEST_PREFIX "${target}.")
endfunction()

function(maskforge_plugin_tests name kernels hostTests pluginTests gpuTests)
  if(hostTests AND TARGET GTest::gtest)
    maskforge_plugin_test(maskforge_${name}_host_tests "" ${hostTests})
    # The kernels' own attributes mean nothing to the processor's compiler; registers are read as other types in them.
    # Every combination of types is instantiated: optimising all would take longer than running them.
    target_compile_options(maskforge_${name}_host_tests PRIVATE -Wno-attributes -fno-strict-aliasing -O1)
  endif()
  foreach(family 10 11)
    set(library maskforge_${name}_${family})
    if(pluginTests AND TARGET GTest::gtest AND TARGET ${library})
      maskforge_plugin_test(${library}_tests "${MASKFORGE_TENSORRT${family}_INCLUDE}" ${pluginTests})
      target_compile_definitions(${library}_tests PRIVATE MASKFORGE_PLUGIN_FAMILY="${family}"
                                                          MASKFORGE_PLUGIN_LIBRARY="$<TARGET_FILE:${library}>")
      add_dependencies(${library}_tests ${library})
    endif()
  endforeach()
  if(gpuTests)
    set(tests maskforge_${name}_gpu_tests)
    add_executable(${tests} ${gpuTests} ${MASKFORGE_PLUGINS_DIR}/common/tests/gpu-copy.cu $<TARGET_OBJECTS:${kernels}>)
    target_include_directories(${tests} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/tests
                                                ${MASKFORGE_PLUGINS_DIR}/common ${MASKFORGE_PLUGINS_DIR}/common/tests)
    if(MASKFORGE_GPU_TESTS)
      add_test(NAME ${tests} COMMAND ${tests})
      set_tests_properties(${tests} PROPERTIES LABELS gpu TIMEOUT 600)
    endif()
  endif()
endfunction()

function(maskforge_add_plugin)
  cmake_parse_arguments(P "" "NAME" "KERNELS;SOURCES;HOST_TESTS;PLUGIN_TESTS;GPU_TESTS" ${ARGN})
  set(kernels maskforge_${P_NAME}_kernels)
  add_library(${kernels} OBJECT ${P_KERNELS})
  target_include_directories(${kernels} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${MASKFORGE_PLUGINS_DIR}/common)
  target_compile_options(${kernels} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-fvisibility=hidden>)
  foreach(family 10 11)
    set(headers "${MASKFORGE_TENSORRT${family}_INCLUDE}")
    if(headers)
      maskforge_plugin_library(maskforge_${P_NAME}_${family} "${headers}" ${family} ${P_SOURCES}
                               $<TARGET_OBJECTS:${kernels}>)
    endif()
  endforeach()
  if(MASKFORGE_TESTS)
    maskforge_plugin_tests(${P_NAME} ${kernels} "${P_HOST_TESTS}" "${P_PLUGIN_TESTS}" "${P_GPU_TESTS}")
  endif()
endfunction()
