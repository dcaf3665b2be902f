#include "graph.h"

#include <exception>

#include "session_memory.h"

namespace maskforge {

Graph::~Graph() { reset(); }

void Graph::reset() noexcept {
  if (executable_ != nullptr) cudaGraphExecDestroy(executable_);
  executable_ = nullptr;
}

bool Graph::capture(cudaStream_t stream, const std::function<void()>& work) {
  reset();
  failure_.clear();
  // Of this thread only: other sessions may reserve memory meanwhile.
  cudaError_t result = cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  if (result != cudaSuccess) {
    cudaGetLastError();
    failure_ = cudaGetErrorString(result);
    return false;
  }
  try {
    work();
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
  cudaGraph_t graph = nullptr;
  result = cudaStreamEndCapture(stream, &graph);
  if (result == cudaSuccess && failure_.empty()) result = cudaGraphInstantiate(&executable_, graph, 0);
  if (graph != nullptr) cudaGraphDestroy(graph);
  if (result != cudaSuccess && failure_.empty()) failure_ = cudaGetErrorString(result);
  if (failure_.empty()) return true;
  cudaGetLastError();
  executable_ = nullptr;
  return false;
}

void Graph::launch(cudaStream_t stream) const { need(cudaGraphLaunch(executable_, stream), "launching a graph"); }

}  // namespace maskforge
