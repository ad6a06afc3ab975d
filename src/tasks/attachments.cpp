// Writing what is attached.
#include "tasks/attachments.hpp"

#include <utility>

namespace dragoman {

void Attachments::write(JsonWriter& writer, std::initializer_list<size_t> dims,
                        std::span<const float> values) {
  write(writer, dims,
        {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float)},
        "float32");
}

void Attachments::write(JsonWriter& writer, std::initializer_list<size_t> dims,
                        std::span<const uint8_t> values, std::string_view type) {
  writer.begin_object();
  writer.key("type");
  writer.string(type);
  writer.key("dims");
  writer.begin_array();
  for (const size_t size : dims) writer.integer(static_cast<long long>(size));
  writer.end_array();
  writer.key("attachment");
  writer.integer(static_cast<long long>(arrays_.size()));
  writer.end_object();
  arrays_.push_back(values);
}

void Attachments::write(JsonWriter& writer, std::vector<int32_t> values) {
  writer.integer(static_cast<long long>(arrays_.size()));
  const std::vector<int32_t>& kept = owned_.emplace_back(std::move(values));
  arrays_.emplace_back(reinterpret_cast<const uint8_t*>(kept.data()),
                       kept.size() * sizeof(int32_t));
}

}  // namespace dragoman
