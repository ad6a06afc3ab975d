// What every family that generates gives the decoding layer: sessions of sources and hypotheses.
// The source of a decoder alone is the prompt that it continues.
//
// A batch is ragged: sources lie one after the other without padding, so a text is computed the
// same alone and in company. Hypotheses form a tree: a row of one decode() extends a row of the
// one before; keys and values are never copied when beams are reordered.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/context.hpp"
#include "models/config.hpp"
#include "nn/slots.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// One live hypothesis in one decoding step.
struct DecodeRow {
  int32_t source = 0;    // from add_source()
  int32_t parent = -1;   // row of the previous decode() that this one extends; -1 begins anew
  int32_t token = 0;     // the newest token, whose successor is wanted
  bool chained = false;  // extends the row in front of it, of this very decode(), instead
};

/// One job's state: encoded sources and the caches of its hypotheses.
class Seq2SeqSession {
 public:
  virtual ~Seq2SeqSession() = default;

  /// Queues a source. Throws input-too-long for more ids than max_positions, invalid-argument for
  /// none at all or an id outside the vocabulary.
  /// @param ids  with its special tokens
  /// @returns a handle, valid until release()
  virtual int32_t add_source(std::span<const int32_t> ids) = 0;

  /// Does a bounded piece of encoding (one layer for some of the queued sources). @returns true
  /// while more remains; a source may be decoded once it returned false after its add_source().
  virtual bool encode_step(const Context& context) = 0;

  /// Runs the decoder for one token of every row. Every row's source is encoded; a source may
  /// have several rows. Rows of the previous call that no row extends are dropped, and so are
  /// tokens that were tried in vain.
  /// @returns logits [rows, vocab_size] in the context's arena
  virtual View<float> decode(const Context& context, std::span<const DecodeRow> rows) = 0;

  /// Frees a source and the caches of its hypotheses.
  virtual void release(int32_t source) = 0;

  /// Before release(): holds on to the cache of the source's only hypothesis, for the next source
  /// to begin with as far as both have the same tokens. Nothing where there is no such cache.
  /// @param ids  the hypothesis, its prompt included; its last token need not have been decoded
  virtual void keep(int32_t /*source*/, std::span<const int32_t> /*ids*/) {}

  /// Bytes held by the session's caches.
  virtual size_t cache_bytes() const = 0;
};

class Seq2SeqModel {
 public:
  virtual ~Seq2SeqModel() = default;
  virtual const TransformerConfig& config() const = 0;
  virtual SlotTable& slots() = 0;
  /// Call once after all weights are in place; throws model-incomplete or model-format.
  virtual void finish() = 0;
  virtual size_t packed_bytes() const = 0;
  /// True for a decoder alone: outputs continue their source, whose last token the first row of
  /// decode() names.
  virtual bool continues_source() const = 0;
  /// The model must outlive the session.
  virtual std::unique_ptr<Seq2SeqSession> start_session() const = 0;
};

/// Builds an empty model of the family config.json names; weights come through slots().
/// Throws unsupported-model for a family that is no encoder-decoder, out-of-memory for a size that
/// cannot be addressed.
std::unique_ptr<Seq2SeqModel> make_seq2seq_model(const TransformerConfig& config, WeightType type);
/// The same of a decoder alone.
std::unique_ptr<Seq2SeqModel> make_causal_model(const TransformerConfig& config, WeightType type);

}  // namespace dragoman
