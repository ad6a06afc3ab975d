// What a folder of sentence-transformers says besides the encoder: how vectors are pooled, layers
// behind that, prompts, the greatest length.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/linear.hpp"
#include "tasks/pooling.hpp"
#include "tasks/task.hpp"

namespace dragoman {

/// A matrix behind the pooling, in full precision: it is small, and what comes out of it is the
/// answer.
class DenseModule {
 public:
  /// Throws unsupported-model, model-format; model-incomplete where its weights are missing.
  /// @param folder  of the module, such as "2_Dense"
  DenseModule(const ModelFiles& files, const std::string& folder, int inputs);
  int outputs() const { return linear_->outputs(); }
  size_t packed_bytes() const { return linear_->packed_bytes(); }
  std::vector<float> forward(const Context& context, const std::vector<float>& values) const;

 private:
  std::unique_ptr<Linear> linear_;
  Activation activation_ = Activation::kNone;
};

class SentenceModules {
 public:
  /// Names of files that are wanted, as far as `files` tell: those that come later may name more.
  static std::vector<std::string> file_names(const ModelFiles& files);

  /// Mean pooling alone.
  SentenceModules() = default;
  /// What the files say; without modules.json the same as none.
  /// Throws model-format, model-incomplete.
  SentenceModules(const ModelFiles& files, int hidden_size);

  /// To be called once there is a tokenizer.
  void check_tokenizer(const Tokenizer& tokenizer);
  /// Throws unsupported-model where the folder asks for what there is not.
  void check_supported() const;
  /// One vector of a text's, through all modules.
  /// @param skip  tokens of the prompt, which some models leave out
  std::vector<float> apply(const Context& context, View<const float> hidden, int skip) const;
  size_t packed_bytes() const;
  /// Numbers of what apply() gives.
  int width(int hidden_size) const;

  std::optional<int> max_length() const { return max_length_; }
  bool includes_prompt() const { return include_prompt_; }
  const std::string& similarity() const { return similarity_; }
  /// The prompt of a name; throws invalid-argument listing the names.
  const std::string& prompt(const std::string& name) const;
  const std::optional<std::string>& default_prompt_name() const { return default_prompt_name_; }
  const std::map<std::string, std::string>& prompts() const { return prompts_; }

 private:
  void read_pooling(const ModelFiles& files, const std::string& folder);
  void read_settings(const ModelFiles& files);
  void read_prompts(const ModelFiles& files);

  std::vector<PoolMode> modes_ = {PoolMode::kMean};  // what they give is put one behind the other
  bool include_prompt_ = true;
  bool lower_case_ = false;
  /// Null stands for a division by the length.
  std::vector<std::unique_ptr<DenseModule>> layers_;
  std::optional<int> max_length_;
  std::map<std::string, std::string> prompts_;
  std::optional<std::string> default_prompt_name_;
  std::string similarity_ = "cosine";
  std::string unsupported_;  // why the modules cannot be run; empty when they can
};

}  // namespace dragoman
