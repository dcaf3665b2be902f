#include "timing_cache.h"

#include <cstring>

namespace maskforge {
namespace {

constexpr char kMAGIC[8] = {'M', 'F', 'T', 'I', 'M', 'I', 'N', '1'};

struct Head {
  char magic[8];
  std::uint32_t family, major, minor, patch, build, reserved;
  std::uint64_t bytes, checksum;
};
static_assert(sizeof(Head) == 48, "The envelope's head is part of a file format.");

/// FNV-1a, 64 bits: finds damage, no more is asked of it.
std::uint64_t checksum(const std::uint8_t* bytes, std::size_t count) {
  std::uint64_t hash = 14695981039346656037ull;
  for (std::size_t i = 0; i < count; ++i) hash = (hash ^ bytes[i]) * 1099511628211ull;
  return hash;
}

Head headFor(const TrtApi& api) {
  Head head{};
  std::memcpy(head.magic, kMAGIC, sizeof kMAGIC);
  head.family = static_cast<std::uint32_t>(kFAMILY);
  head.major = static_cast<std::uint32_t>(api.major);
  head.minor = static_cast<std::uint32_t>(api.minor);
  head.patch = static_cast<std::uint32_t>(api.patch);
  head.build = static_cast<std::uint32_t>(api.build);
  return head;
}

}  // namespace

std::vector<std::uint8_t> openTimingCache(const std::vector<std::uint8_t>& envelope, const TrtApi& api,
                                          std::string& why) {
  Head head{};
  if (envelope.size() < sizeof head || std::memcmp(envelope.data(), kMAGIC, sizeof kMAGIC) != 0) {
    why = "it is not a timing cache of this program";
    return {};
  }
  std::memcpy(&head, envelope.data(), sizeof head);
  const std::uint8_t* bytes = envelope.data() + sizeof head;
  if (head.bytes != envelope.size() - sizeof head || head.checksum != checksum(bytes, head.bytes)) {
    why = "it is damaged";
    return {};
  }
  Head own = headFor(api);
  own.bytes = head.bytes;
  own.checksum = head.checksum;
  if (std::memcmp(&own, &head, sizeof head) != 0) {
    why = "another version of TensorRT wrote it";
    return {};
  }
  return {bytes, bytes + head.bytes};
}

std::vector<std::uint8_t> sealTimingCache(const void* bytes, std::size_t count, const TrtApi& api) {
  Head head = headFor(api);
  head.bytes = count;
  head.checksum = checksum(static_cast<const std::uint8_t*>(bytes), count);
  std::vector<std::uint8_t> envelope(sizeof head + count);
  std::memcpy(envelope.data(), &head, sizeof head);
  if (count > 0) std::memcpy(envelope.data() + sizeof head, bytes, count);
  return envelope;
}

std::unique_ptr<nvinfer1::ITimingCache> attachTimingCache(nvinfer1::IBuilderConfig& config,
                                                          const std::vector<std::uint8_t>& envelope,
                                                          const TrtApi& api, LogSink& log) {
  // TensorRT for RTX measures nothing while building, so it has nothing to remember.
  if (kFAMILY == Family::tensorrtRtx) return nullptr;
  std::string why;
  std::vector<std::uint8_t> bytes;
  if (!envelope.empty()) bytes = openTimingCache(envelope, api, why);
  std::unique_ptr<nvinfer1::ITimingCache> cache;
  if (!bytes.empty()) {
    cache.reset(config.createTimingCache(bytes.data(), bytes.size()));
    // A cache of another GPU is refused here.
    if (cache && config.setTimingCache(*cache, false)) return cache;
    why = "it does not fit this GPU or driver";
  }
  if (!why.empty()) log.write(Severity::warning, ("The timing cache is left out: " + why + ".").c_str());
  cache.reset(config.createTimingCache(nullptr, 0));
  if (cache && !config.setTimingCache(*cache, false)) cache.reset();
  return cache;
}

std::vector<std::uint8_t> collectTimingCache(const nvinfer1::IBuilderConfig& config, const TrtApi& api) {
  if (kFAMILY == Family::tensorrtRtx) return {};
  const nvinfer1::ITimingCache* cache = config.getTimingCache();
  if (cache == nullptr) return {};
  const std::unique_ptr<nvinfer1::IHostMemory> bytes(cache->serialize());
  if (!bytes || bytes->size() == 0) return {};
  return sealTimingCache(bytes->data(), bytes->size(), api);
}

}  // namespace maskforge
