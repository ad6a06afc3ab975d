// The opcodes that state dicts are made of, by pickletools.py. Internal to pickle*.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dragoman {

enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNoneValue = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobalName = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyTuple = ')',
  kEmptyList = ']',
  kEmptyDict = '}',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8A,
  kShortBinUnicode = 0x8C,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

// The state dict of a model of a thousand tensors has some 20,000 nodes in 100 KB. These bounds
// leave room for the largest and keep a hostile file from memory.
constexpr size_t kMaxNodes = size_t{1} << 20;
constexpr size_t kMaxItems = size_t{1} << 21;
constexpr size_t kMaxTextBytes = size_t{1} << 24;
constexpr size_t kMaxText = 4096;
constexpr size_t kMaxGlobal = 128;
constexpr size_t kMaxStack = size_t{1} << 20;
constexpr size_t kMaxMarks = 256;  // nesting: of dict, tuple, tuple some five are in use

}  // namespace dragoman
