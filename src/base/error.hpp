// The one list of error codes, and the exception that carries them.
//
// The list is a macro so that its users (names here, the TypeScript union and docs/errors.md in
// the generator) cannot drift apart. Throw only for bad input, bad files and lack of resources.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

// X(enumerator, "published-name", "what it means", "what to do about it")
#define DRAGOMAN_ERROR_CODES(X)                                                                 \
  X(InvalidArgument, "invalid-argument", "An argument has the wrong type or is out of range.",  \
    "Correct the value named in the message.")                                                  \
  X(UnsupportedOption, "unsupported-option", "The option is unknown or cannot be honoured.",    \
    "Remove the option or use one the message names.")                                          \
  X(UnsupportedModel, "unsupported-model", "The model's family or a feature of it is unknown.", \
    "Use a model of a supported family.")                                                       \
  X(ModelFormat, "model-format", "A model file is damaged or not what its name says.",          \
    "Fetch the file again; if that fails, the publisher's file is broken.")                     \
  X(ModelIncomplete, "model-incomplete", "A file or tensor the model needs is missing.",        \
    "Supply the file or tensor named in the message.")                                          \
  X(TokenizerFormat, "tokenizer-format", "A tokenizer file is damaged or of an unknown kind.",  \
    "Fetch the file again or use a supported tokenizer.")                                       \
  X(Network, "network", "A download failed.", "Check the connection and the address.")          \
  X(Integrity, "integrity", "Stored or received bytes do not match their checksum.",            \
    "Load the model again.")                                                                    \
  X(StorageQuota, "storage-quota", "The browser's storage is full.",                            \
    "Delete models that are no longer needed.")                                                 \
  X(OutOfMemory, "out-of-memory", "Memory for the model or the request could not be had.",      \
    "Use a smaller model, a smaller dtype or shorter input.")                                   \
  X(InputTooLong, "input-too-long", "The text has more tokens than the model can take.",        \
    "Split the text, or ask for truncation.")                                                   \
  X(UnsupportedBrowser, "unsupported-browser", "The platform lacks something Dragoman needs.",  \
    "Use a browser with WebAssembly SIMD and workers, or Node 20 or later.")                    \
  X(WorkerCrashed, "worker-crashed", "The engine's worker died; its pending calls are lost.",   \
    "Call again: a fresh worker starts by itself.")                                             \
  X(Disposed, "disposed", "The pipeline was used after dispose().", "Create a new pipeline.")   \
  X(Internal, "internal", "A defect of Dragoman itself.", "Please report it.")

namespace dragoman {

enum class ErrorCode {
#define DRAGOMAN_ENUMERATOR(name, text, meaning, remedy) k##name,
  DRAGOMAN_ERROR_CODES(DRAGOMAN_ENUMERATOR)
#undef DRAGOMAN_ENUMERATOR
};

/// The published name of `code`, such as "model-format".
std::string_view error_code_name(ErrorCode code);

/// What every failure a caller can cause is thrown as. `what()` is one sentence that holds the
/// values involved.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace dragoman
