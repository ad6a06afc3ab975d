// Options of Metaspace.
#include "text/metaspace.hpp"

#include "base/utf.hpp"

namespace dragoman {

MetaspaceOptions metaspace_options(const Json& node) {
  MetaspaceOptions options;
  const std::u32string replacement = to_utf32(node.at("replacement").as_string());
  const std::string scheme = node.get_string("prepend_scheme", "always");
  if (replacement.size() != 1 || (scheme != "always" && scheme != "first" && scheme != "never")) {
    throw Error(ErrorCode::kTokenizerFormat,
                "tokenizer.json: Metaspace has the prepend_scheme \"" + scheme + "\" and " +
                    std::to_string(replacement.size()) + " characters as replacement.");
  }
  options.replacement = replacement[0];
  if (scheme == "first") options.scheme = PrependScheme::kFirst;
  if (scheme == "never") options.scheme = PrependScheme::kNever;
  // Old files say it in their own way.
  if (!node.get_bool("add_prefix_space", true)) options.scheme = PrependScheme::kNever;
  options.split = node.get_bool("split", true);
  return options;
}

}  // namespace dragoman
