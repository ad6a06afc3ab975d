// Executing the instructions of a pickle: a machine with a stack, marks on it, and a memo.
#include <algorithm>
#include <cstdio>
#include <limits>

#include "formats/pickle.hpp"
#include "formats/pickle_opcodes.hpp"

namespace dragoman {

namespace {

constexpr std::string_view kStorages[] = {
    "BFloat16Storage", "BoolStorage", "ByteStorage", "CharStorage", "DoubleStorage",
    "FloatStorage",    "HalfStorage", "IntStorage",  "LongStorage", "ShortStorage",
};

bool is_known_global(std::string_view module, std::string_view name) {
  if (module == "collections") return name == "OrderedDict";
  if (module == "torch._utils") return name == "_rebuild_tensor_v2" || name == "_rebuild_parameter";
  return module == "torch" &&
         std::find(std::begin(kStorages), std::end(kStorages), name) != std::end(kStorages);
}

std::string hex(uint8_t byte) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02x", byte);
  return text;
}

// Names in messages: those of a hostile file may be anything.
std::string printable(std::string_view text) {
  std::string result(text.substr(0, kMaxGlobal));
  std::replace_if(result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

}  // namespace

void Pickle::execute() {
  const uint8_t opcode = instruction_.front();
  if (!begun_) {
    if (opcode != kProto) fail("a pickle begins with " + hex(opcode) + ", not with its protocol.");
    return begin(instruction_[1]);
  }
  if (execute_value(opcode) || execute_container(opcode) || execute_memo(opcode)) return;
  switch (opcode) {
    case kStop:
      return end();
    case kFrame:
      return;  // tells how far to read ahead
    case kReduce:
      return reduce();
    case kBuild:
      return build();
    case kBinPersId:
      return persist();
    default:
      fail("its pickle has the opcode " + hex(opcode) +
           (opcode > ' ' && opcode < 0x7F ? " ('" + std::string(1, static_cast<char>(opcode)) + "')"
                                          : "") +
           ", which no state dict needs; it is not executed.");
  }
}

bool Pickle::execute_value(uint8_t opcode) {
  switch (opcode) {
    case kNoneValue:
      push(Kind::kNone);
      return true;
    case kNewTrue:
    case kNewFalse:
      nodes_[push(Kind::kBool)].number = opcode == kNewTrue ? 1 : 0;
      return true;
    case kBinInt:
      nodes_[push(Kind::kInteger)].number = static_cast<int32_t>(argument(4));
      return true;
    case kBinInt1:
    case kBinInt2:
      nodes_[push(Kind::kInteger)].number =
          static_cast<int64_t>(argument(opcode == kBinInt1 ? 1 : 2));
      return true;
    case kLong1:
      put_long();
      return true;
    case kBinUnicode:
    case kShortBinUnicode: {
      const PickleId id = push(Kind::kText);
      nodes_[id].text = text_argument(opcode == kBinUnicode ? 4 : 1);
      text_bytes_ += nodes_[id].text.size();
      if (text_bytes_ > kMaxTextBytes) fail("its pickle holds more text than any state dict.");
      return true;
    }
    case kGlobalName: {
      const std::string lines = text_argument(0);
      const size_t end = lines.find('\n');
      put_global(lines.substr(0, end), lines.substr(end + 1, lines.size() - end - 2));
      return true;
    }
    case kStackGlobal:
      put_stack_global();
      return true;
    default:
      return false;
  }
}

bool Pickle::execute_container(uint8_t opcode) {
  switch (opcode) {
    case kMark:
      if (marks_.size() == kMaxMarks) fail("its pickle is nested too deeply.");
      marks_.push_back(stack_.size());
      return true;
    case kEmptyTuple:
      put_tuple(stack_.size());
      return true;
    case kTuple1:
    case kTuple2:
    case kTuple3: {
      const size_t count = size_t{1} + opcode - kTuple1;
      const size_t bottom = marks_.empty() ? 0 : marks_.back();
      if (stack_.size() - bottom < count) fail("its pickle takes from an empty stack.");
      put_tuple(stack_.size() - count);
      return true;
    }
    case kTuple:
      put_tuple(pop_mark());
      return true;
    case kEmptyList:
      push(Kind::kList);
      return true;
    case kEmptyDict:
      push(Kind::kDict);
      return true;
    case kAppend:
    case kAppends:
      append(opcode == kAppend ? stack_.size() - 1 : pop_mark(), Kind::kList);
      return true;
    case kSetItem:
    case kSetItems:
      append(opcode == kSetItem ? stack_.size() - 2 : pop_mark(), Kind::kDict);
      return true;
    default:
      return false;
  }
}

bool Pickle::execute_memo(uint8_t opcode) {
  switch (opcode) {
    case kBinPut:
    case kLongBinPut:
      remember(argument(opcode == kBinPut ? 1 : 4));
      return true;
    case kMemoize:
      remember(memo_.size());
      return true;
    case kBinGet:
    case kLongBinGet:
      recall(argument(opcode == kBinGet ? 1 : 4));
      return true;
    default:
      return false;
  }
}

void Pickle::begin(uint8_t protocol) {
  if (protocol < 2 || protocol > 5) {
    fail("its pickle has the protocol " + std::to_string(protocol) + "; 2 to 5 can be read.");
  }
  begun_ = true;
}

void Pickle::end() {
  root_ = pop();
  if (!stack_.empty() || !marks_.empty()) fail("its pickle ends with values left over.");
  done_ = true;
}

void Pickle::put_long() {
  const std::string bytes = text_argument(1);
  const PickleId id = push(bytes.size() > 8 ? Kind::kLong : Kind::kInteger);
  if (bytes.size() > 8) {
    nodes_[id].text = bytes;
    text_bytes_ += bytes.size();
    return;
  }
  const bool negative = !bytes.empty() && (static_cast<uint8_t>(bytes.back()) & 0x80U) != 0;
  uint64_t value = negative ? std::numeric_limits<uint64_t>::max() : 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  }
  nodes_[id].number = static_cast<int64_t>(value);
}

void Pickle::put_global(const std::string& module, const std::string& name) {
  if (!is_known_global(module, name)) {
    fail("its pickle refers to " + printable(module) + "." + printable(name) +
         ", which no state dict of tensors needs; it is not called.");
  }
  nodes_[push(Kind::kGlobal)].text = module + " " + name;
}

void Pickle::put_stack_global() {
  const PickleId name = pop();
  const PickleId module = pop();
  if (nodes_[name].kind != Kind::kText || nodes_[module].kind != Kind::kText) {
    fail("its pickle has a global without a name.");
  }
  put_global(std::string(nodes_[module].text), std::string(nodes_[name].text));
}

// An OrderedDict() is made here, because items are set on it later; other calls are kept.
void Pickle::reduce() {
  const PickleId arguments = pop();
  const PickleId callee = pop();
  if (nodes_[callee].kind != Kind::kGlobal || nodes_[arguments].kind != Kind::kTuple) {
    fail("its pickle calls what is no function.");
  }
  const std::string& name = nodes_[callee].text;
  if (name.starts_with("torch ")) fail("its pickle calls " + name.substr(6) + ".");
  if (name.starts_with("collections ")) {
    if (!nodes_[arguments].items.empty()) fail("its pickle makes an OrderedDict of something.");
    push(Kind::kDict);
    return;
  }
  std::vector<PickleId> items = {callee};
  items.insert(items.end(), nodes_[arguments].items.begin(), nodes_[arguments].items.end());
  item_count_ += items.size();
  if (item_count_ > kMaxItems) fail("its pickle has more items than any state dict.");
  nodes_[push(Kind::kCall)].items = std::move(items);
}

// Attributes of a dict: the versions of its modules, which a state dict carries and nobody needs.
void Pickle::build() {
  const PickleId state = pop();
  const bool plain = nodes_[state].kind == Kind::kDict;
  if (stack_.empty() || !plain || nodes_[stack_.back()].kind != Kind::kDict) {
    fail("its pickle sets the state of what has none.");
  }
}

void Pickle::persist() {
  const PickleId name = pop();
  nodes_[push(Kind::kPersistent)].items = {name};
}

// Writers number in order, so the memo is an array without holes.
void Pickle::remember(uint64_t index) {
  if (stack_.empty()) fail("its pickle remembers nothing.");
  if (index > memo_.size()) {
    fail("its pickle skips from entry " + std::to_string(memo_.size()) + " to " +
         std::to_string(index) + " of its memo.");
  }
  if (memo_.size() == kMaxStack) fail("its pickle remembers more than any state dict.");
  if (index == memo_.size()) memo_.push_back(0);
  memo_[static_cast<size_t>(index)] = stack_.back();
}

void Pickle::recall(uint64_t index) {
  if (index >= memo_.size()) {
    fail("its pickle recalls entry " + std::to_string(index) + ", which was never made.");
  }
  push_id(memo_[static_cast<size_t>(index)]);
}

PickleId Pickle::push(Kind kind) {
  if (nodes_.size() == kMaxNodes) fail("its pickle has more values than any state dict.");
  nodes_.emplace_back().kind = kind;
  const auto id = static_cast<PickleId>(nodes_.size() - 1);
  push_id(id);
  return id;
}

void Pickle::push_id(PickleId id) {
  if (stack_.size() == kMaxStack) fail("its pickle's stack grows too high.");
  stack_.push_back(id);
}

// What lies below a mark belongs to somebody else.
PickleId Pickle::pop() {
  const size_t bottom = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= bottom) fail("its pickle takes from an empty stack.");
  const PickleId id = stack_.back();
  stack_.pop_back();
  return id;
}

size_t Pickle::pop_mark() {
  if (marks_.empty()) fail("its pickle lacks a mark.");
  const size_t height = marks_.back();
  marks_.pop_back();
  return height;
}

std::vector<PickleId> Pickle::pop_to(size_t height) {
  const auto from = stack_.begin() + static_cast<ptrdiff_t>(height);
  std::vector<PickleId> items(from, stack_.end());
  stack_.erase(from, stack_.end());
  item_count_ += items.size();
  if (item_count_ > kMaxItems) fail("its pickle has more items than any state dict.");
  return items;
}

void Pickle::put_tuple(size_t height) {
  std::vector<PickleId> items = pop_to(height);
  nodes_[push(Kind::kTuple)].items = std::move(items);
}

void Pickle::append(size_t height, Kind kind) {
  // A height below zero has wrapped around.
  const size_t bottom = marks_.empty() ? 0 : marks_.back();
  if (height > stack_.size() || height <= bottom) fail("its pickle takes from an empty stack.");
  const std::vector<PickleId> items = pop_to(height);
  PickleNode& target = nodes_[stack_.back()];
  if (target.kind != kind || (kind == Kind::kDict && items.size() % 2 != 0)) {
    fail("its pickle sets items of what has none.");
  }
  target.items.insert(target.items.end(), items.begin(), items.end());
}

}  // namespace dragoman
