// Stands for the kernels that TensorRT opens when it builds.
extern "C" int fake_neighbour() { return 1; }
