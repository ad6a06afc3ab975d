# Unit tests (Catch2), one file per header of src/.
set(DRAGOMAN_TEST_SOURCES
  tests/unit/tasks/classification_scores_test.cpp
  tests/unit/tasks/classification_test.cpp
  tests/unit/tasks/engine_test.cpp
  tests/unit/tasks/options_test.cpp
  tests/unit/tasks/task_models.cpp
  tests/unit/tasks/translation_test.cpp
  tests/unit/tasks/windows_test.cpp
  tests/unit/text/golden_tokenizer_test.cpp
  tests/unit/text/hard_text_test.cpp
  tests/unit/text/hostile_files_test.cpp
  tests/unit/text/truncation_test.cpp
  tests/unit/text/unicode_test.cpp
)
