// A tokenizer as a program, for check_tokenizers.py: `tokenize FOLDER MODEL_TYPE` reads texts as
// JSON strings, a line each, and writes what they encode to and decode to, a line of JSON each. A
// folder that cannot be loaded is one sentence on standard error and status 1.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

namespace {

TokenizerFiles read_files(const std::string& folder, std::string_view model_type) {
  TokenizerFiles files;
  const auto read_all = [&](const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      std::ifstream file(folder + "/" + name, std::ios::binary);
      if (file) files.emplace(name, std::string(std::istreambuf_iterator<char>(file), {}));
    }
  };
  read_all({"config.json"});
  read_all(tokenizer_file_names(model_type));
  read_all(vocabulary_file_names(files, model_type));
  return files;
}

template <typename Numbers>
void write_numbers(JsonWriter& writer, std::string_view key, const Numbers& numbers) {
  writer.key(key);
  writer.begin_array();
  for (const auto number : numbers) writer.integer(static_cast<long long>(number));
  writer.end_array();
}

void write_encoding(JsonWriter& writer, const Tokenizer& tokenizer, std::string_view text) {
  const Encoding encoding = tokenizer.encode(text);
  write_numbers(writer, "ids", encoding.ids);
  write_numbers(writer, "types", encoding.type_ids);
  write_numbers(writer, "starts", encoding.starts);
  write_numbers(writer, "ends", encoding.ends);
  write_numbers(writer, "special", encoding.special);
  write_numbers(writer, "words", encoding.words);
  writer.key("text");
  writer.string(tokenizer.decode(encoding.ids, true));
  writer.key("whole");
  writer.string(tokenizer.decode(encoding.ids, false));
}

std::string answer(const Tokenizer& tokenizer, const std::string& line) {
  JsonWriter writer;
  writer.begin_object();
  try {
    const JsonDocument document(line, "standard input", ErrorCode::kInvalidArgument);
    write_encoding(writer, tokenizer, document.root().as_string());
  } catch (const Error& error) {
    writer.key("error");
    writer.string(error.what());
  }
  writer.end_object();
  return writer.text();
}

}  // namespace

}  // namespace dragoman

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("Usage: tokenize FOLDER MODEL_TYPE\n", stderr);
    return 2;
  }
  try {
    const auto files = dragoman::read_files(argv[1], argv[2]);
    const auto tokenizer = dragoman::load_tokenizer(files, argv[2]);
    std::cout << tokenizer->vocab_size() << '\n';
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << dragoman::answer(*tokenizer, line) << '\n';
    }
  } catch (const dragoman::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return std::cout.flush() ? 0 : 1;
}
