# Unit tests (Catch2), one file per header of src/.
set(DRAGOMAN_TEST_SOURCES
)
