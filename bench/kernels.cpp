// Speed of the kernels against what the machine can do: GMAC/s of products, Gelem/s of row
// functions, GB/s of reading. Prints the best and the median of many short samples.
//
//   node tools/emscripten.mjs em++ -std=c++20 -O3 -DNDEBUG -msimd128 -mrelaxed-simd \
//     -fwasm-exceptions -fno-rtti -ffp-contract=off -Isrc -sENVIRONMENT=node -sEXIT_RUNTIME \
//     -sALLOW_MEMORY_GROWTH -sSTACK_SIZE=1MB bench/kernels.cpp src/kernels/*.cpp \
//     src/base/arena.cpp src/base/error.cpp src/base/thread_pool.cpp -o build/bench-kernels.cjs
//   node tools/run-wasm.mjs build/bench-kernels.cjs [THREADS]      (threads: add -pthread)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernels/attention.hpp"
#include "kernels/gemm.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/probe.hpp"
#include "kernels/quantize.hpp"
#include "kernels/rows.hpp"

using namespace dragoman;

namespace {

double seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

// Calls work() for about 0.3 s and prints what it returns, in billions per second.
template <typename Work>
void measure(const std::string& name, const char* unit, const Work& work) {
  for (int i = 0; i < 5; ++i) work();  // operands, tier-up
  std::vector<double> rates;
  const double end = seconds() + 0.3;
  while (seconds() < end || rates.size() < 9) {
    const double start = seconds();
    const double done = work();
    rates.push_back(done / (seconds() - start) * 1e-9);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("%-32s %7.2f best %7.2f median %s\n", name.c_str(), rates.back(),
              rates[rates.size() / 2], unit);
}

// A layer with ordinary values.
struct Layer {
  int k;
  int n;
  OperandRole role;
  std::vector<int8_t> bytes;
  std::vector<float> floats;
  std::vector<float> scales;
  std::vector<int32_t> sums;

  Layer(int inputs, int outputs, OperandRole operand_role)
      : k(inputs),
        n(outputs),
        role(operand_role),
        bytes(packed_int8_bytes(k, n)),
        floats(packed_f32_floats(k, n), 0.01F),
        scales(static_cast<size_t>(round_up(n, kPanelColumns)), 0.01F),
        sums(scales.size(), 5) {
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<int8_t>(i * 37 % 127);
  }
};

struct Bench {
  ThreadPool pool;
  Arena arena;
  explicit Bench(int threads) : pool(threads) {}

  void product(const Layer& layer, int rows, bool is_int8, const Epilogue& epilogue = {}) {
    std::vector<float> x(static_cast<size_t>(rows * layer.k));
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 97) - 48.0F;
    std::vector<float> out(static_cast<size_t>(rows * layer.n));
    const View<const float> input(x.data(), rows, layer.k);
    const View<float> output(out.data(), rows, layer.n);
    const Int8Matrix int8{layer.bytes.data(),
                          layer.scales.data(),
                          layer.sums.data(),
                          layer.scales.data(),
                          layer.k,
                          layer.n,
                          layer.role};
    const F32Matrix f32{layer.floats.data(), layer.scales.data(), layer.k, layer.n};
    const double macs = static_cast<double>(rows) * layer.k * layer.n;
    const int repeats = std::max(1, static_cast<int>(4e6 / macs));
    measure(std::string(is_int8 ? "int8 " : "f32  ") + std::to_string(rows) + " x " +
                std::to_string(layer.k) + " x " + std::to_string(layer.n) +
                (epilogue.activation == Activation::kGelu ? " gelu" : ""),
            "GMAC/s", [&] {
              for (int i = 0; i < repeats; ++i) {
                if (is_int8) {
                  linear({pool, arena}, input, int8, epilogue, output);
                } else {
                  linear({pool, arena}, input, f32, epilogue, output);
                }
              }
              return macs * repeats;
            });
  }

  void product_int4(int k, int n, int rows) {
    std::vector<uint8_t> panels(packed_int4_bytes(k, n));
    clear_packed_int4(panels.data(), k, n);
    std::vector<float> x(static_cast<size_t>(rows * k));
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 97) - 48.0F;
    std::vector<float> out(static_cast<size_t>(rows * n));
    const Int4Matrix weights{panels.data(), nullptr, k, n};
    const double macs = static_cast<double>(rows) * k * n;
    const int repeats = std::max(1, static_cast<int>(4e6 / macs));
    measure("int4 " + std::to_string(rows) + " x " + std::to_string(k) + " x " + std::to_string(n),
            "GMAC/s", [&] {
              for (int i = 0; i < repeats; ++i) {
                linear({pool, arena}, {x.data(), rows, k}, weights, {}, {out.data(), rows, n});
              }
              return macs * repeats;
            });
  }

  // Products with the layers of a model in turn, so that weights come from far away as they do
  // there: 24 of 384 x 1536 are MiniLM's 42 MB in f32 and 11 MB in int8.
  void stream(int rows, bool is_int8) {
    const int k = 384;
    const int n = 1536;
    std::vector<Layer> layers;
    for (int i = 0; i < 18; ++i) layers.emplace_back(k, n, OperandRole::kWeights7);
    std::vector<float> x(static_cast<size_t>(rows * k), 0.5F);
    std::vector<float> out(static_cast<size_t>(rows * n));
    const View<const float> input(x.data(), rows, k);
    const View<float> output(out.data(), rows, n);
    measure(std::string(is_int8 ? "int8 " : "f32  ") + std::to_string(rows) +
                " rows, 18 layers of 384 x 1536",
            "GMAC/s", [&] {
              for (const Layer& layer : layers) {
                if (is_int8) {
                  linear({pool, arena}, input,
                         Int8Matrix{layer.bytes.data(), layer.scales.data(), layer.sums.data(),
                                    layer.scales.data(), k, n, layer.role},
                         {}, output);
                } else {
                  linear({pool, arena}, input,
                         F32Matrix{layer.floats.data(), layer.scales.data(), k, n}, {}, output);
                }
              }
              return 18.0 * rows * k * n;
            });
  }

  void attend(int queries, int keys, int heads, int width) {
    std::vector<float> q(static_cast<size_t>(queries * width), 0.1F);
    std::vector<float> kv(static_cast<size_t>(keys * width * 2), 0.1F);
    std::vector<float> out(q.size());
    const View<const float> both(kv.data(), keys, 2 * width);
    const AttentionItem item{{q.data(), queries, width},
                             both.columns(0, width),
                             both.columns(width, width),
                             {out.data(), queries, width}};
    const double macs = 2.0 * queries * keys * width;
    const int repeats = std::max(1, static_cast<int>(2e6 / macs));
    measure("attention " + std::to_string(queries) + " x " + std::to_string(keys) + ", " +
                std::to_string(heads) + " heads of " + std::to_string(width / heads),
            "GMAC/s", [&] {
              for (int i = 0; i < repeats; ++i) {
                attention({pool, arena}, {&item, 1}, heads, 0.1F);
              }
              return macs * repeats;
            });
  }
};

void measure_rows() {
  std::vector<float> x(128 * 384);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 97) * 0.1F - 4.8F;
  std::vector<float> y(x.size());
  std::vector<int8_t> integers(x.size());
  const auto count = static_cast<double>(x.size());
  const View<const float> from(x.data(), 128, 384);
  const std::vector<float> ones(384, 1.0F);
  measure("layer norm, rows of 384", "Gelem/s", [&] {
    layer_norm(from, ones, ones, 1e-5F, {y.data(), 128, 384});
    return count;
  });
  y = x;
  measure("softmax, rows of 128", "Gelem/s", [&] {
    for (size_t i = 0; i < y.size(); i += 128) softmax({y.data() + i, 128});
    return count;
  });
  for (const OperandRole role : {OperandRole::kWeights7, OperandRole::kActivations7}) {
    measure(role == OperandRole::kWeights7 ? "quantise to 8 bits" : "quantise to 7 bits", "Gelem/s",
            [&] {
              for (int row = 0; row < 128; ++row) {
                quantize_row(from.row(row), 384, role, integers.data() + row * 384);
              }
              return count;
            });
  }
  measure("quantise weights", "Gelem/s", [&] {
    for (int row = 0; row < 128; ++row) {
      quantize_weights(from.row_span(row), 63, integers.data() + row * 384);
    }
    return count;
  });
  for (const auto& [name, activation] : {std::pair{"gelu", Activation::kGelu},
                                         {"gelu, tanh form", Activation::kGeluTanh},
                                         {"silu", Activation::kSilu},
                                         {"tanh", Activation::kTanh}}) {
    measure(name, "Gelem/s", [&, chosen = activation] {
      // Tiles as products have them, in the first-level cache. Half a page apart, because a copy
      // between equal offsets of two pages stalls on each store.
      for (int i = 0; i < 48; ++i) {
        std::copy_n(x.data(), 1024, y.data() + 512);
        apply_activation(chosen, {y.data() + 512, 1024});
      }
      return count;
    });
  }
  std::vector<float> logits(60000, 0.5F);
  measure("log-softmax of 60000", "Gelem/s", [&] {
    log_softmax(logits);
    return 60000.0;
  });
  measure("argmax of 60000", "Gelem/s", [&] {
    logits[59999] = argmax(logits) < 0 ? 0.0F : 1.0F;
    return 60000.0;
  });
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  for (const int size : {1, 200}) {
    measure("read " + std::to_string(size) + " MiB", "GB/s",
            [size] { return run_probe("read", size); });
  }
  for (const char* peak : {"peak-widen", "peak-split", "peak-fused", "peak-f32"}) {
    const bool is_relaxed = std::string(peak) == "peak-split" || std::string(peak) == "peak-fused";
    if (is_relaxed && !has_int8_form(Int8Form::kSplit)) continue;
    measure(peak, "GMAC/s", [peak] { return run_probe(peak, 1); });
  }
  for (const auto& [name, form] : {std::pair{"widen", Int8Form::kWiden},
                                   {"split", Int8Form::kSplit},
                                   {"fused", Int8Form::kFused}}) {
    if (!select_int8_form(form)) {
      std::printf("%s: not in this build, or wrong on this engine\n", name);
      continue;
    }
    std::printf("-- form %s\n", name);
    Bench bench(threads);
    const Layer widen(384, 1536, OperandRole::kWeights7);
    for (const int rows : {1, 2, 8, 32, 128}) bench.product(widen, rows, true);
    const Layer narrow(1536, 384, OperandRole::kActivations7);
    for (const int rows : {1, 8, 128}) bench.product(narrow, rows, true);
  }
  std::printf("-- others, %d threads\n", threads);
  Bench bench(threads);
  for (const int rows : {1, 8, 128}) {
    bench.product(Layer(384, 1536, OperandRole::kWeights7), rows, true,
                  {.activation = Activation::kGelu});
  }
  bench.product(Layer(512, 512, OperandRole::kWeights7), 1, true);
  bench.product(Layer(512, 2048, OperandRole::kWeights7), 1, true);
  bench.product(Layer(512, 59514, OperandRole::kWeights7), 1, true);
  bench.product(Layer(512, 59514, OperandRole::kWeights7), 4, true);
  for (const int rows : {1, 8, 128}) {
    bench.product(Layer(384, 1536, OperandRole::kWeights7), rows, false);
  }
  for (const int rows : {1, 8, 128}) bench.product_int4(768, 3072, rows);
  bench.product_int4(768, 50304, 1);
  for (const bool is_int8 : {true, false}) {
    for (const int rows : {1, 8, 16, 32, 128}) bench.stream(rows, is_int8);
  }
  bench.attend(128, 128, 12, 384);
  bench.attend(32, 32, 8, 512);
  bench.attend(1, 28, 8, 512);
  bench.attend(4, 28, 8, 512);
  measure_rows();
}
