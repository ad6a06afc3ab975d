// Defaults that are not plain values.
#include "tasks/generation_options.hpp"

namespace dragoman {

GenerationConfig text2text_defaults() {
  GenerationConfig defaults;
  defaults.max_new_tokens = 256;
  defaults.num_beams = 4;
  return defaults;
}

GenerationConfig text_generation_defaults() {
  GenerationConfig defaults;
  defaults.max_new_tokens = 256;
  defaults.do_sample = true;
  defaults.temperature = 0.7F;
  return defaults;
}

}  // namespace dragoman
