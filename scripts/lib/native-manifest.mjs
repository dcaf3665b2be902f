// What the native half is built from and run with, each pinned to a version and a checksum. Nothing of it is kept in the
// repository: it is fetched by the package clients' own means, verified, and unpacked into the cache folder.

/** Rust packages that carry NVIDIA's C++ headers (Apache-2.0). `folders`: name in the cache and path in the package. */
export const headerCrates = [
  {
    name: 'trtx-sys',
    version: '0.4.0',
    sha256: '44e29236a965ef87398a0cb398f69e7a83b0eead80578cea5bbe1131363955ee',
    folders: { tensorrt10: 'TensorRT-Headers/TRT-Enterprise-10.16' },
  },
  {
    name: 'trtx-sys',
    version: '0.9.1+rtx1.7',
    sha256: '5480ee056292951daa1bc74532162d6cb75190f091e45d7d97c0c356916ae171',
    folders: {
      tensorrt11: 'TensorRT-Headers/TRT-Enterprise-11.4',
      rtx: 'TensorRT-Headers/TRT-RTX-1.7',
    },
  },
];

/** Python packages that together make CUDA 13.0's compiler. 13.0, so that a 13.0 driver still takes the PTX. */
export const cudaWheels = [
  {
    requirement: 'nvidia-cuda-nvcc==13.0.88',
    sha256: '56fe502eb77625a12f25172caa3cdddb4e4c8ba2c8c17dba44b164761b380f03',
  },
  { requirement: 'nvidia-nvvm==13.0.88', sha256: 'c5f41ffeb6466944a026dfa5317d7d85355c119bbec279205d22f1869d1054e0' },
  {
    requirement: 'nvidia-cuda-crt==13.0.88',
    sha256: '2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4',
  },
  {
    requirement: 'nvidia-cuda-cccl==13.0.85',
    sha256: 'e0da7ad981f3a8aff08241b5bfc1af868742a63e2762f53a5171c492ef242649',
  },
  {
    requirement: 'nvidia-cuda-runtime==13.0.96',
    sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
  },
];

/** TensorRT for RTX: builds engines without a GPU, which is what the tests do. */
export const rtxWheels = [
  {
    requirement: 'tensorrt-rtx-cu13-libs==1.7.1.116',
    sha256: 'e3fd45fed001240d63304e77a2d4006319b839994237cb294b6e7ad72acaabcd',
  },
];

/** TensorRT 10.6, the last whose Maven package holds the builder's machine code for every generation up to Hopper. */
export const tensorrtJar = {
  artifact: 'org.bytedeco:tensorrt:10.6-1.5.11:jar:linux-x86_64-redist',
  file: 'tensorrt-10.6-1.5.11-linux-x86_64-redist.jar',
  sha256: 'e7979693541f996bc284335b05f5e890a82b8b3aba50d680e1343a139cf291c4',
  folder: 'org/bytedeco/tensorrt/linux-x86_64',
  libraries: ['libnvinfer.so.10', 'libnvinfer_builder_resource.so.10.6.0', 'libnvonnxparser.so.10'],
};

/** Fetches Maven packages; pinned, so that the same command works with every Maven 3. */
export const mavenCopyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';

/** A system's nvcc is taken from this version on (it knows compute capability 12.0) and below the other. */
export const systemCuda = { from: [12, 8], below: [14, 0] };
