// Checked access to the fields of config.json, for the pages of the families.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "kernels/activations.hpp"
#include "models/config.hpp"

namespace dragoman {

/// Reads fields with the defaults of the family's configuration class in Python. Every refusal
/// names the field and its value.
class ConfigReader {
 public:
  explicit ConfigReader(Json config) : config_(config) {}

  /// An integer in [1, limit].
  int size(std::string_view field, int fallback, int limit) const;
  /// An integer in [0, limit].
  int count(std::string_view field, int fallback, int limit) const;
  /// A token id in [0, limit), or -1 for none: the field is null, or absent and `fallback` (the
  /// default of a full-sized model) lies outside this vocabulary.
  int token(std::string_view field, int fallback, int limit) const;
  /// Whether the field is there as null, not absent.
  bool is_null(std::string_view field) const;
  bool flag(std::string_view field, bool fallback) const;
  std::string text(std::string_view field, std::string_view fallback) const {
    return config_.get_string(field, fallback);
  }
  /// A positive, finite number.
  float epsilon(std::string_view field, double fallback) const;
  Activation activation(std::string_view field, std::string_view fallback) const;
  /// Throws unsupported-model unless the field has this value or is absent.
  void require_flag(std::string_view field, bool value) const;
  void require_text(std::string_view field, std::string_view value) const;
  /// id2label in the order of its ids, or LABEL_0 … for num_labels; and problem_type.
  void read_labels(TransformerConfig& config) const;
  /// The first of `architectures`, or empty.
  std::string architecture() const;
  /// Throws unsupported-model for weights quantised in a way the readers do not know.
  void check_quantization() const;
  const Json& json() const { return config_; }

 private:
  int integer(std::string_view field, int fallback, int least, int most) const;
  Json config_;
};

/// Throws unsupported-model, or model-format, with a sentence about config.json.
[[noreturn]] void refuse_model(const std::string& what);
[[noreturn]] void refuse_config(const std::string& what);

/// Throws unsupported-model, naming `field`, for a function that the kernels do not compute.
Activation activation_named(std::string_view name, std::string_view field);

/// Throws model-format unless `hidden_size` splits evenly over `heads`.
void check_heads(int hidden_size, int heads, std::string_view heads_field);

// Larger values are damage, not models; they also keep every product of two sizes that occurs
// within 32 bits, and int8 sums over a row within int32.
constexpr int kMaxWidth = 1 << 16;
constexpr int kMaxLayers = 1 << 10;
constexpr int kMaxVocabulary = 1 << 24;
constexpr int kMaxPositions = 1 << 20;

}  // namespace dragoman
