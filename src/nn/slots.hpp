// Slots: the places of a model that named tensors of a file go to.
//
// A slot knows its shape and its packed form and takes a tensor row by row, in whatever order
// tensors arrive, writing each row straight to its final place: no full-precision copy of a
// model ever exists. Readers (formats/) convert stored elements; slots quantise.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dragoman {

/// An array of packed weights: what a stored copy of a model is made of.
using Region = std::span<uint8_t>;

/// Destination of one tensor. Matrices are [rows, cols] as published (rows = output channels of
/// a torch Linear, or vocabulary rows of an embedding); vectors are [1, n].
class Slot {
 public:
  virtual ~Slot() = default;
  /// Shape expected in the file, such as {768, 768} or {768}.
  virtual std::vector<int64_t> shape() const = 0;
  virtual int rows() const = 0;
  virtual int cols() const = 0;
  /// Takes row `row` in full precision. Throws model-format when a value is NaN or infinite.
  virtual void put_row(int row, std::span<const float> values) = 0;
  /// Takes row `row` of a tensor stored as int8; its scale comes through put_scales, in any order.
  virtual void put_row_int8(int row, std::span<const int8_t> values) = 0;
  /// Takes row `row` as integers in -8..7 with a scale for each 32 of them: exactly where the slot
  /// holds such groups, else as the numbers they stand for.
  /// @param values  [cols]   @param scales  [ceil(cols / 32)], finite
  virtual void put_row_int4(int row, std::span<const int8_t> values, std::span<const float> scales);
  /// Per-row scales of an int8 tensor, [rows] or, when one scale serves all, [1].
  virtual void put_scales(std::span<const float> scales) = 0;
  /// True when rows are held as int8 with a scale each; else they are held in full precision.
  virtual bool holds_int8() const = 0;
  /// What is held of a row in full precision. @param values  [cols], out
  virtual void read_row(int row, std::span<float> values) const = 0;
  /// What is held of a row of int8: given to put_row_int8 and put_scales, it is held the same way.
  /// @param values  [cols], out   @returns the row's scale
  virtual float read_row_int8(int row, std::span<int8_t> values) const = 0;
  /// Appends the whole arrays this slot writes to. They stay where they are, and hold all that
  /// the layer needs once they are filled. Slots of one array each append it.
  virtual void list_regions(std::vector<Region>& regions) = 0;
};

/// The table of a model: published tensor name -> slot, plus names that may be ignored.
class SlotTable {
 public:
  /// `name` goes to `slot`; several names may share one slot (tied weights: the first to arrive
  /// fills it, the others must agree and are skipped).
  void add(std::string name, Slot* slot);
  /// Accepts files that leave `name` out.
  void optional(std::string name);
  /// Names, or prefixes ending in '*', or suffixes beginning with '*', that carry nothing needed.
  void ignore(std::string pattern);

  Slot* find(std::string_view name) const;  // null when unknown
  bool ignored(std::string_view name) const;
  /// Called by the reader when a tensor is complete.
  void mark_filled(std::string_view name);
  bool filled(std::string_view name) const;
  /// A slot and the name of the tensor that filled it.
  struct Filled {
    std::string name;
    const Slot* slot;
  };
  /// The slots that were filled, in the order of add().
  std::vector<Filled> filled_slots() const;
  /// Every array behind the table, each once, in the order of add(): the same for every model of
  /// one configuration and dtype.
  std::vector<Region> regions() const;
  /// Counts every slot as filled: the regions were copied from a model that was complete.
  void mark_all_filled();
  /// Throws model-incomplete naming every required tensor that never came.
  void check_complete(const std::string& file) const;

 private:
  std::vector<Slot*> slots_in_order() const;
  struct Entry {
    Slot* slot = nullptr;
    bool required = true;
    size_t order = 0;  // of add(); the first name of a slot is the one to complain with
  };
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<std::string> ignored_;
  std::map<Slot*, std::string> filled_;  // slot -> the name it came under
};

}  // namespace dragoman
