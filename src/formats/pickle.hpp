// Python's pickles, as far as state dicts of torch need them (pickletools.py documents the format).
//
// A pickle is a program that may call anything. This one can name a few globals, and what they
// would do is left to the caller: a call becomes a node, nothing is executed. Any other opcode or
// global is refused by its name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dragoman {

/// Index of a node in a Pickle.
using PickleId = uint32_t;

struct PickleNode {
  enum class Kind : uint8_t {
    kNone,
    kBool,        // number
    kInteger,     // number
    kLong,        // text: more than 8 bytes, little-endian two's complement
    kText,        // text: UTF-8
    kTuple,       // items
    kList,        // items
    kDict,        // items: key, value, key, value, …; an OrderedDict too
    kGlobal,      // text: "module name"
    kCall,        // items: the global, then its arguments; attributes set afterwards are dropped
    kPersistent,  // items: one, what names an object outside of the pickle
  };
  Kind kind = Kind::kNone;
  int64_t number = 0;
  std::string text;
  std::vector<PickleId> items;
};

/// Reads one pickle of protocol 2 to 5 from bytes that arrive in pieces of any size. Memory grows
/// with what arrives and is bounded; items may refer to each other in circles, so nobody may walk
/// them without a bound.
class Pickle {
 public:
  /// @param file  named in messages
  explicit Pickle(std::string file) : file_(std::move(file)) {}

  /// Takes bytes up to the end of the pickle and returns how many those were. Throws model-format.
  size_t feed(std::span<const uint8_t> bytes);
  bool done() const { return done_; }

  /// What the finished pickle holds.
  const PickleNode& root() const { return nodes_[root_]; }
  const PickleNode& operator[](PickleId id) const { return nodes_[id]; }

  /// Throws model-format: "FILE: WHAT".
  [[noreturn]] void fail(const std::string& what) const;

 private:
  using Kind = PickleNode::Kind;
  size_t instruction_bytes() const;
  size_t length_prefixed(size_t prefix) const;
  size_t global_bytes() const;
  uint64_t argument(size_t width) const;
  std::string text_argument(size_t prefix) const;

  void execute();
  bool execute_value(uint8_t opcode);
  bool execute_container(uint8_t opcode);
  bool execute_memo(uint8_t opcode);
  void begin(uint8_t protocol);
  void end();
  void put_long();
  void put_global(const std::string& module, const std::string& name);
  void put_stack_global();
  void reduce();
  void build();
  void persist();
  void remember(uint64_t index);
  void recall(uint64_t index);

  PickleId push(Kind kind);
  void push_id(PickleId id);
  PickleId pop();
  size_t pop_mark();
  std::vector<PickleId> pop_to(size_t height);
  PickleId top(Kind kind, const char* what) const;
  void put_tuple(size_t height);
  void append(size_t height, Kind kind);

  std::string file_;
  std::vector<uint8_t> instruction_;  // the one that is arriving
  bool begun_ = false;
  bool done_ = false;
  PickleId root_ = 0;
  size_t text_bytes_ = 0;  // of all nodes
  size_t item_count_ = 0;  // of all nodes
  std::vector<PickleNode> nodes_;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::vector<PickleId> memo_;
};

}  // namespace dragoman
