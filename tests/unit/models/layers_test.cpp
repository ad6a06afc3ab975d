// Encoder layers against a plain double-precision computation, for both places of the norm. The
// families of today normalise after each block only; their goldens never see the other place.
#include "models/layers.hpp"

#include <algorithm>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>
#include <random>

#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

using Matrix = std::vector<std::vector<double>>;

constexpr int kHidden = 12;
constexpr int kHeads = 3;
constexpr int kFfn = 20;

std::mt19937& random_source() {
  static std::mt19937 source(11);
  return source;
}

// Fills a slot and returns what was put there.
Matrix fill(Slot* slot, double mean = 0.0) {
  std::normal_distribution<float> normal(static_cast<float>(mean), 0.4F);
  Matrix rows;
  for (int row = 0; row < slot->rows(); ++row) {
    std::vector<float> values(static_cast<size_t>(slot->cols()));
    for (float& value : values) value = normal(random_source());
    slot->put_row(row, values);
    rows.emplace_back(values.begin(), values.end());
  }
  return rows;
}

struct PlainLayer {
  Matrix qkv, qkv_bias, output, output_bias, widen, widen_bias, narrow, narrow_bias;
  Matrix attention_norm, attention_norm_bias, ffn_norm, ffn_norm_bias;
};

PlainLayer fill(EncoderLayer& layer) {
  return {.qkv = fill(layer.attention.qkv().weight_slot()),
          .qkv_bias = fill(layer.attention.qkv().bias_slot()),
          .output = fill(layer.attention.output().weight_slot()),
          .output_bias = fill(layer.attention.output().bias_slot()),
          .widen = fill(layer.ffn.widen().weight_slot()),
          .widen_bias = fill(layer.ffn.widen().bias_slot()),
          .narrow = fill(layer.ffn.narrow().weight_slot()),
          .narrow_bias = fill(layer.ffn.narrow().bias_slot()),
          .attention_norm = fill(layer.attention_norm->weight_slot(), 1.0),
          .attention_norm_bias = fill(layer.attention_norm->bias_slot()),
          .ffn_norm = fill(layer.ffn_norm.weight_slot(), 1.0),
          .ffn_norm_bias = fill(layer.ffn_norm.bias_slot())};
}

Matrix product(const Matrix& x, const Matrix& weight, const Matrix& bias) {
  Matrix out(x.size(), bias[0]);
  for (size_t row = 0; row < x.size(); ++row) {
    for (size_t column = 0; column < weight.size(); ++column) {
      for (size_t i = 0; i < x[row].size(); ++i) out[row][column] += x[row][i] * weight[column][i];
    }
  }
  return out;
}

Matrix norm(Matrix x, const Matrix& weight, const Matrix& bias, double epsilon) {
  for (auto& row : x) {
    double mean = 0.0;
    double variance = 0.0;
    for (const double value : row) mean += value / kHidden;
    for (const double value : row) variance += (value - mean) * (value - mean) / kHidden;
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = (row[i] - mean) / std::sqrt(variance + epsilon) * weight[0][i] + bias[0][i];
    }
  }
  return x;
}

Matrix sum(Matrix a, const Matrix& b) {
  for (size_t row = 0; row < a.size(); ++row) {
    for (size_t i = 0; i < a[row].size(); ++i) a[row][i] += b[row][i];
  }
  return a;
}

// Self-attention within one sequence, all heads. @param qkv  [rows, 3 * kHidden]
Matrix attend(const Matrix& qkv) {
  constexpr size_t kHeadSize = kHidden / kHeads;
  Matrix out(qkv.size(), std::vector<double>(kHidden));
  for (size_t head = 0; head < kHeads; ++head) {
    for (size_t row = 0; row < qkv.size(); ++row) {
      std::vector<double> weights;
      double total = 0.0;
      for (const auto& key : qkv) {
        double score = 0.0;
        for (size_t i = head * kHeadSize; i < (head + 1) * kHeadSize; ++i) {
          score += qkv[row][i] * key[kHidden + i];
        }
        weights.push_back(std::exp(score / std::sqrt(double{kHeadSize})));
        total += weights.back();
      }
      for (size_t other = 0; other < qkv.size(); ++other) {
        for (size_t i = head * kHeadSize; i < (head + 1) * kHeadSize; ++i) {
          out[row][i] += weights[other] / total * qkv[other][2 * kHidden + i];
        }
      }
    }
  }
  return out;
}

Matrix feed_forward(const PlainLayer& layer, const Matrix& x) {
  Matrix wide = product(x, layer.widen, layer.widen_bias);
  for (auto& row : wide) {
    for (double& value : row) value = std::max(value, 0.0);
  }
  return product(wide, layer.narrow, layer.narrow_bias);
}

Matrix self_attention(const PlainLayer& layer, const Matrix& x) {
  return product(attend(product(x, layer.qkv, layer.qkv_bias)), layer.output, layer.output_bias);
}

Matrix run_plain(const PlainLayer& layer, const Matrix& x, NormPlace place, double epsilon) {
  const auto first = [&](const Matrix& m) {
    return norm(m, layer.attention_norm, layer.attention_norm_bias, epsilon);
  };
  const auto second = [&](const Matrix& m) {
    return norm(m, layer.ffn_norm, layer.ffn_norm_bias, epsilon);
  };
  if (place == NormPlace::kPost) {
    const Matrix attended = first(sum(x, self_attention(layer, x)));
    return second(sum(attended, feed_forward(layer, attended)));
  }
  const Matrix attended = sum(x, self_attention(layer, first(x)));
  return sum(attended, feed_forward(layer, second(attended)));
}

}  // namespace

TEST_CASE("An encoder layer normalises before or after its blocks", "[models][layers]") {
  const auto place = GENERATE(NormPlace::kPost, NormPlace::kPre);
  TransformerConfig config;
  config.hidden_size = kHidden;
  config.encoder = {.layers = 1, .heads = kHeads, .ffn_size = kFfn};
  config.activation = Activation::kRelu;
  config.norm_epsilon = 1e-3F;
  EncoderLayer layer(config, 0, WeightType::kFp32);
  const PlainLayer plain = fill(layer);

  const std::vector<int> offsets = {0, 3, 4, 9};
  std::normal_distribution<float> normal;
  std::vector<float> values(9 * kHidden);
  for (float& value : values) value = normal(random_source());
  std::vector<float> expected;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    Matrix x;
    for (int row = offsets[i]; row < offsets[i + 1]; ++row) {
      const auto* first = values.data() + row * kHidden;
      x.emplace_back(first, first + kHidden);
    }
    for (const auto& row : run_plain(plain, x, place, static_cast<double>(config.norm_epsilon))) {
      for (const double value : row) expected.push_back(static_cast<float>(value));
    }
  }
  Engine engine;
  run_layer(engine.context, layer, place, {.offsets = offsets},
            View<float>(values.data(), 9, kHidden));
  CHECK(distance(values, expected) < 1e-4F);
}

}  // namespace dragoman::test
