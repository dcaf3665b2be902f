// Runs kernels on the processor, thread by thread, so that their indexing and arithmetic are tested where there is no
// GPU: include this first, then the kernel's source file. Each GPU thread of a block is a fibre; at a shuffle or a
// barrier it gives way to the next one. All threads of a block must meet the same shuffles and barriers.
#pragma once

#include <cuda_runtime.h>
#include <ucontext.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#undef __shared__
#undef __launch_bounds__
#define __shared__ static
#define __launch_bounds__(...)

namespace maskforge::host {

/// One block at a time.
class Block {
 public:
  static Block& current() {
    static Block block;
    return block;
  }

  void run(dim3 size, dim3 index, const std::function<void()>& body) {
    blockIndex = index;
    blockSize = size;
    body_ = &body;
    const std::size_t count = static_cast<std::size_t>(size.x) * size.y * size.z;
    threads_.clear();
    for (std::size_t i = 0; i < count; ++i) threads_.push_back(std::make_unique<Thread>());
    for (std::size_t i = 0; i < count; ++i) prepare(i, size);
    for (bool alive = true; alive;) {
      alive = false;
      for (running_ = 0; running_ < count; ++running_) {
        if (threads_[running_]->done) continue;
        swapcontext(&scheduler_, &threads_[running_]->context);
        alive = true;
      }
    }
  }

  void giveWay() { swapcontext(&threads_[running_]->context, &scheduler_); }

  float exchange(float value, int partnerMask) {
    Thread& self = *threads_[running_];
    self.value = value;
    giveWay();
    const float other = threads_[running_ ^ static_cast<std::size_t>(partnerMask)]->value;
    giveWay();
    return other;
  }

  const dim3& threadIndex() const { return threads_[running_]->index; }

  dim3 blockIndex, blockSize, gridSize;

 private:
  static constexpr std::size_t kSTACK = 64 * 1024;
  struct Thread {
    ucontext_t context{};
    std::unique_ptr<char[]> stack{new char[kSTACK]};
    dim3 index;
    float value = 0;
    bool done = false;
  };

  void prepare(std::size_t i, dim3 size) {
    Thread& thread = *threads_[i];
    const auto linear = static_cast<unsigned>(i);
    thread.index = dim3(linear % size.x, linear / size.x % size.y, linear / size.x / size.y);
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.get();
    thread.context.uc_stack.ss_size = kSTACK;
    thread.context.uc_link = &scheduler_;
    makecontext(&thread.context, &Block::enter, 0);
  }

  static void enter() {
    Block& block = current();
    (*block.body_)();
    block.threads_[block.running_]->done = true;
  }

  std::vector<std::unique_ptr<Thread>> threads_;
  std::size_t running_ = 0;
  ucontext_t scheduler_{};
  const std::function<void()>* body_ = nullptr;
};

template <typename... Wanted, typename... Given>
cudaError_t launch(const cudaLaunchConfig_t* config, void (*kernel)(Wanted...), Given&&... arguments) {
  Block& block = Block::current();
  block.gridSize = config->gridDim;
  for (unsigned z = 0; z < config->gridDim.z; ++z) {
    for (unsigned y = 0; y < config->gridDim.y; ++y) {
      for (unsigned x = 0; x < config->gridDim.x; ++x)
        block.run(config->blockDim, dim3(x, y, z), [&] { kernel(arguments...); });
    }
  }
  return cudaSuccess;
}

template <typename T>
T load(const T* from) {
  return *from;
}

inline void synchronise() { Block::current().giveWay(); }

}  // namespace maskforge::host

#define threadIdx maskforge::host::Block::current().threadIndex()
#define blockIdx maskforge::host::Block::current().blockIndex
#define cudaLaunchKernelEx maskforge::host::launch
#define __ldg(from) maskforge::host::load(from)
#define __shfl_xor_sync(all, value, mask) maskforge::host::Block::current().exchange(value, mask)
#define __syncthreads() maskforge::host::synchronise()
#define __fdividef(x, y) ((x) / (y))
#define rsqrtf(x) (1.0f / std::sqrt(x))
inline int min(int one, int other) { return one < other ? one : other; }
