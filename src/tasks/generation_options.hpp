// The settings of generation as options, each field with its line (see field_note.hpp), and their
// defaults.
#pragma once

#include "decode/generation_config.hpp"
#include "tasks/field_note.hpp"

namespace dragoman {

/// Generation settings used where neither the model nor the caller says otherwise: those of
/// Python's pipelines for encoder-decoders (transformers 4.57, Text2TextGenerationPipeline).
GenerationConfig text2text_defaults();
/// Those of its pipeline for decoders alone (TextGenerationPipeline).
GenerationConfig text_generation_defaults();

inline constexpr double kMaxBeams = 256;
inline constexpr double kMaxGuesses = 64;
inline constexpr double kMaxSeed = 2147483647;

/// Calls visit(name, field, note) for the settings of generation.
template <typename Visit>
void visit_search_fields(GenerationConfig& options, Visit&& visit) {
  visit("num_beams", options.num_beams,
        FieldNote{"Number of beams; 1 is greedy search.", 1, kMaxBeams, true});
  visit("num_return_sequences", options.num_return_sequences,
        FieldNote{"Outputs returned per text, best first; at most `num_beams`, or as many samples.",
                  1, kMaxBeams, true});
  visit("early_stopping", options.early_stopping,
        FieldNote{"When beam search ends: `true` as soon as there are `num_beams` candidates, "
                  "`false` when better ones are unlikely, `'never'` when they are impossible.",
                  0, 0, true});
  visit("length_penalty", options.length_penalty,
        FieldNote{"Exponent of the length that divides a beam's score; above 0 favours longer "
                  "outputs.",
                  -100, 100, true});
  visit("repetition_penalty", options.repetition_penalty,
        FieldNote{"Divides the scores of tokens that already occurred; 1 changes nothing.", 0.01,
                  100, true});
  visit("no_repeat_ngram_size", options.no_repeat_ngram_size,
        FieldNote{"Sequences of this many tokens occur only once; 0 allows any.", 0, kMaxTokens,
                  true});
}

/// Calls visit(name, field, note) for the settings of length and of single tokens.
template <typename Visit>
void visit_token_fields(GenerationConfig& options, Visit&& visit) {
  visit("max_new_tokens", options.max_new_tokens,
        FieldNote{"Most tokens generated per text; wins over `max_length`. The model's number of "
                  "positions limits it further.",
                  1, kMaxTokens, true});
  visit("max_length", options.max_length,
        FieldNote{"Most tokens of the output, its start token or its prompt included, where "
                  "`max_new_tokens` is not set.",
                  2, kMaxTokens, true});
  visit(
      "min_new_tokens", options.min_new_tokens,
      FieldNote{"Fewest tokens generated per text; wins over `min_length`.", 0, kMaxTokens, true});
  visit("min_length", options.min_length,
        FieldNote{"Fewest tokens of the output, its start token or its prompt included.", 0,
                  kMaxTokens, true});
  visit("bad_words_ids", options.bad_words_ids,
        FieldNote{"Token sequences that must not be generated.", 0, kMaxTokenId, true});
  visit("forced_bos_token_id", options.forced_bos_token_id,
        FieldNote{"Token that every output begins with, after its start token.", 0, kMaxTokenId,
                  true});
  visit("forced_eos_token_id", options.forced_eos_token_id,
        FieldNote{"Token that ends an output which reaches its greatest length.", 0, kMaxTokenId,
                  true});
  visit("eos_token_id", options.eos_token_id,
        FieldNote{"Token, or tokens, that end an output.", 0, kMaxTokenId, true});
}

/// Calls visit(name, field, note) for the settings of sampling.
template <typename Visit>
void visit_sampling_fields(GenerationConfig& options, Visit&& visit) {
  visit("do_sample", options.do_sample,
        FieldNote{"Draws tokens at random instead of taking the best.", 0, 0, true});
  visit("temperature", options.temperature,
        FieldNote{"Divides the scores before a draw; below 1 the likely tokens gain.", 1e-4, 1e4,
                  true});
  visit("top_k", options.top_k,
        FieldNote{"Only so many of the likeliest tokens are drawn from; 0 for all.", 0, kMaxTokenId,
                  true});
  visit("top_p", options.top_p,
        FieldNote{"Only the likeliest tokens that together have this probability.", 0, 1, true});
  visit("min_p", options.min_p,
        FieldNote{"Only tokens at least so likely, as a share of the likeliest one.", 0, 1, true});
  visit("typical_p", options.typical_p,
        FieldNote{"Only tokens whose surprise is near the expected one, up to this probability.",
                  1e-6, 1, true});
  visit("epsilon_cutoff", options.epsilon_cutoff,
        FieldNote{"Only tokens of at least this probability.", 0, 1, true});
  visit("eta_cutoff", options.eta_cutoff,
        FieldNote{"The same, less strict where the distribution is flat.", 0, 1, true});
  visit("seed", options.seed,
        FieldNote{"Makes draws repeatable: the same seed and text give the same output, alone or "
                  "in a batch.",
                  0, kMaxSeed});
}

/// Calls visit(name, field, note) for the other settings that change the scores of tokens.
template <typename Visit>
void visit_score_fields(GenerationConfig& options, Visit&& visit) {
  visit("encoder_repetition_penalty", options.encoder_repetition_penalty,
        FieldNote{"Multiplies the scores of tokens that the input has; above 1 keeps to its words.",
                  0.01, 100, true});
  visit("encoder_no_repeat_ngram_size", options.encoder_no_repeat_ngram_size,
        FieldNote{"Sequences of this many tokens are not taken over from the input; 0 allows any.",
                  0, kMaxTokens, true});
  visit("sequence_bias", options.sequence_bias,
        FieldNote{"Pairs of a token sequence and a number that is added to the score of its last "
                  "token after the others.",
                  0, kMaxTokenId, true});
  visit("suppress_tokens", options.suppress_tokens,
        FieldNote{"Tokens that are never generated.", 0, kMaxTokenId, true});
  visit("begin_suppress_tokens", options.begin_suppress_tokens,
        FieldNote{"Tokens that are not generated first.", 0, kMaxTokenId, true});
  visit("exponential_decay_length_penalty", options.exponential_decay_length_penalty,
        FieldNote{"A number of tokens and a factor: beyond so many generated tokens the end's "
                  "score grows by the factor, more with every token.",
                  0, kMaxTokens, true});
  visit("renormalize_logits", options.renormalize_logits,
        FieldNote{"Beam search makes log-probabilities of the scores again after changing them.", 0,
                  0, true});
  visit("remove_invalid_values", options.remove_invalid_values,
        FieldNote{"Excluded tokens keep the least finite score.", 0, 0, true});
}

/// Calls visit(name, field, note) for what ends an output early, makes it quicker, or is told of
/// it.
template <typename Visit>
void visit_run_fields(GenerationConfig& options, Visit&& visit) {
  visit("stop_strings", options.stop_strings,
        FieldNote{"Texts that end an output as soon as it holds one of them; it includes them.", 0,
                  0, true});
  visit("max_time", options.max_time,
        FieldNote{"Seconds after which the request ends with what was generated so far.", 0.001,
                  1e6, true});
  visit("prompt_lookup_num_tokens", options.prompt_lookup_num_tokens,
        FieldNote{"Guesses up to so many tokens at once from what was said before; the output is "
                  "the same and comes sooner where text repeats itself. Without beams only.",
                  1, kMaxGuesses, true});
  visit("max_matching_ngram_size", options.max_matching_ngram_size,
        FieldNote{"How many of the last tokens a guess agrees with at most; 2 where not set.", 1,
                  kMaxTokens, true});
  visit("output_scores", options.output_scores,
        FieldNote{"Outputs list their tokens with the log-probability of each."});
}

/// All settings of generation, for every task that generates.
template <typename Visit>
void visit_generation_fields(GenerationConfig& options, Visit&& visit) {
  visit_search_fields(options, visit);
  visit_sampling_fields(options, visit);
  visit_token_fields(options, visit);
  visit_score_fields(options, visit);
  visit_run_fields(options, visit);
}

}  // namespace dragoman
