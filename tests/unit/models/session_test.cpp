// Sessions of hypotheses: forks, reordering, release, and refusals that leave the session whole.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include "unit/errors.hpp"
#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

constexpr int32_t kStart = 66;  // of marian-swish

// A session with the given sources encoded.
struct Fixture {
  explicit Fixture(const std::vector<std::vector<int32_t>>& sources)
      : model(load_seq2seq("marian-swish", WeightType::kFp32)), session(model->start_session()) {
    for (const auto& source : sources) handles.push_back(session->add_source(source));
    encode();
  }
  void encode() {
    while (session->encode_step(engine.context)) {
    }
  }
  std::vector<std::vector<float>> decode(const std::vector<DecodeRow>& rows) {
    engine.arena.reset();
    const View<float> logits = session->decode(engine.context, rows);
    std::vector<std::vector<float>> result;
    for (int row = 0; row < logits.rows; ++row) {
      const auto values = logits.row_span(row);
      result.emplace_back(values.begin(), values.end());
    }
    return result;
  }
  // Logits after the last of `tokens`, decoded in a session of their own.
  std::vector<float> path(const std::vector<int32_t>& source, const std::vector<int32_t>& tokens) {
    Fixture fresh({source});
    std::vector<std::vector<float>> logits;
    int32_t parent = -1;
    for (const int32_t token : tokens) {
      logits = fresh.decode({{fresh.handles[0], parent, token}});
      parent = 0;
    }
    return logits[0];
  }

  Engine engine;
  std::unique_ptr<Seq2SeqModel> model;
  std::unique_ptr<Seq2SeqSession> session;
  std::vector<int32_t> handles;
};

const std::vector<int32_t> kFirst = {5, 9, 12, 0};
const std::vector<int32_t> kSecond = {40, 3, 7, 7, 21, 0};

}  // namespace

TEST_CASE("Forked and reordered hypotheses compute what they compute alone", "[models][session]") {
  Fixture f({kFirst, kSecond});
  const int32_t a = f.handles[0];
  const int32_t b = f.handles[1];
  f.decode({{a, -1, kStart}, {b, -1, kStart}});
  // The first source forks into three beams, the second into two.
  auto logits = f.decode({{a, 0, 10}, {a, 0, 11}, {a, 0, 12}, {b, 1, 20}, {b, 1, 21}});
  CHECK(logits[1] == f.path(kFirst, {kStart, 11}));
  CHECK(logits[4] == f.path(kSecond, {kStart, 21}));
  // Beams change places, one dies, one is extended twice; sources are interleaved.
  logits = f.decode({{b, 4, 30}, {a, 2, 31}, {a, 0, 32}, {b, 4, 33}, {a, 2, 34}});
  CHECK(logits[0] == f.path(kSecond, {kStart, 21, 30}));
  CHECK(logits[1] == f.path(kFirst, {kStart, 12, 31}));
  CHECK(logits[2] == f.path(kFirst, {kStart, 10, 32}));
  CHECK(logits[4] == f.path(kFirst, {kStart, 12, 34}));
  logits = f.decode({{a, 2, 5}, {b, 3, 6}});
  CHECK(logits[0] == f.path(kFirst, {kStart, 10, 32, 5}));
  CHECK(logits[1] == f.path(kSecond, {kStart, 21, 33, 6}));
}

TEST_CASE("A source added later joins the others", "[models][session]") {
  Fixture f({kFirst});
  f.decode({{f.handles[0], -1, kStart}});
  const int32_t late = f.session->add_source(kSecond);
  f.encode();
  const auto logits = f.decode({{late, -1, kStart}, {f.handles[0], 0, 8}});
  CHECK(logits[0] == f.path(kSecond, {kStart}));
  CHECK(logits[1] == f.path(kFirst, {kStart, 8}));
}

TEST_CASE("Released sources give their place and cache to later ones", "[models][session]") {
  Fixture f({kFirst, kSecond});
  f.decode({{f.handles[0], -1, kStart}, {f.handles[1], -1, kStart}});
  const size_t before = f.session->cache_bytes();
  for (int round = 0; round < 200; ++round) {
    const int32_t source = f.session->add_source(kFirst);
    f.encode();
    auto logits = f.decode({{source, -1, kStart}, {f.handles[1], round == 0 ? 1 : -1, kStart}});
    logits = f.decode({{source, 0, 7}, {f.handles[1], 1, 9}});
    CHECK(logits[0] == f.path(kFirst, {kStart, 7}));
    f.session->release(source);
    if (round % 50 != 0) continue;
    CHECK(f.session->cache_bytes() <= before);
  }
}

TEST_CASE("A source may be released while it is being encoded", "[models][session]") {
  Fixture f({kFirst});
  const int32_t dropped = f.session->add_source(kSecond);
  REQUIRE(f.session->encode_step(f.engine.context));
  f.session->release(dropped);
  const int32_t next = f.session->add_source(kFirst);
  f.encode();
  CHECK(f.decode({{next, -1, kStart}})[0] == f.path(kFirst, {kStart}));
}

TEST_CASE("A queued source may be released before it is encoded", "[models][session]") {
  Fixture f({kFirst});
  f.session->release(f.session->add_source(kSecond));
  CHECK_FALSE(f.session->encode_step(f.engine.context));
  CHECK(f.decode({{f.handles[0], -1, kStart}})[0] == f.path(kFirst, {kStart}));
}

TEST_CASE("Many queued sources are encoded in bounded batches", "[models][session]") {
  Fixture f({});
  const std::vector<int32_t> source(40, 9);
  for (int i = 0; i < 30; ++i) f.handles.push_back(f.session->add_source(source));
  int steps = 1;
  while (f.session->encode_step(f.engine.context)) ++steps;
  CHECK(steps == 3 * 3);  // 1200 tokens in three batches; two encoder layers and one decoder layer
  CHECK(f.decode({{f.handles[29], -1, kStart}})[0] == f.path(source, {kStart}));
}

TEST_CASE("A refused step leaves the session as it was", "[models][session]") {
  Fixture f({kFirst});
  const int32_t a = f.handles[0];
  f.decode({{a, -1, kStart}});
  CHECK(error_of([&] { f.decode({{a, 0, 67}}); }) ==
        "invalid-argument: The target token id 67 at position 0 lies outside 0 to 66.");
  CHECK(error_of([&] { f.decode({{a, 1, 3}}); }).starts_with("internal: "));
  CHECK(error_of([&] { f.decode({{7, 0, 3}}); }).starts_with("internal: "));
  CHECK(f.decode({{a, 0, 3}})[0] == f.path(kFirst, {kStart, 3}));
}

TEST_CASE("Sources and targets beyond the positions are refused", "[models][session]") {
  Fixture f({kFirst});
  const std::vector<int32_t> longest(48, 5);
  const std::vector<int32_t> too_long(49, 5);
  CHECK(error_of([&] { f.session->add_source(longest); }).empty());
  CHECK(error_of([&] { f.session->add_source(too_long); }) ==
        "input-too-long: The text has 49 tokens; the model takes at most 48.");
  CHECK(error_of([&] { f.session->add_source({}); }) ==
        "invalid-argument: A sequence has no tokens.");
  const std::vector<int32_t> outside = {3, 67};
  CHECK(error_of([&] { f.session->add_source(outside); }) ==
        "invalid-argument: The source token id 67 at position 1 lies outside 0 to 66.");
  f.decode({{f.handles[0], -1, kStart}});
  for (int i = 1; i < 48; ++i) f.decode({{f.handles[0], 0, 4}});
  CHECK(error_of([&] { f.decode({{f.handles[0], 0, 4}}); }).starts_with("input-too-long: "));
}

TEST_CASE("An empty step ends all hypotheses", "[models][session]") {
  Fixture f({kFirst});
  f.decode({{f.handles[0], -1, kStart}});
  CHECK(f.decode({}).empty());
  CHECK(error_of([&] { f.decode({{f.handles[0], 0, 4}}); }).starts_with("internal: "));
}

TEST_CASE("Chained rows compute several tokens of a hypothesis at once", "[models][session]") {
  Fixture f({kFirst, kSecond});
  const int32_t a = f.handles[0];
  const int32_t b = f.handles[1];
  const auto first =
      f.decode({{a, -1, kStart}, {a, -1, 8, true}, {a, -1, 9, true}, {b, -1, kStart}});
  CHECK(first[0] == f.path(kFirst, {kStart}));
  CHECK(first[1] == f.path(kFirst, {kStart, 8}));
  CHECK(first[2] == f.path(kFirst, {kStart, 8, 9}));
  // Two of the three were right; the last leaves no trace.
  const auto second = f.decode({{b, 3, 5}, {b, 3, 6, true}, {a, 1, 11}, {a, 1, 12, true}});
  CHECK(second[0] == f.path(kSecond, {kStart, 5}));
  CHECK(second[1] == f.path(kSecond, {kStart, 5, 6}));
  CHECK(second[2] == f.path(kFirst, {kStart, 8, 11}));
  CHECK(second[3] == f.path(kFirst, {kStart, 8, 11, 12}));
  CHECK(error_of([&] { f.decode({{a, 2, 5, true}}); }).starts_with("internal: "));
  CHECK(error_of([&] { f.decode({{a, 2, 5}, {b, 2, 5, true}}); }).starts_with("internal: "));
  CHECK(f.decode({{a, 3, 13}})[0] == f.path(kFirst, {kStart, 8, 11, 12, 13}));
  f.session->release(a);
  f.session->release(b);
}

}  // namespace dragoman::test
