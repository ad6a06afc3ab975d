# Every source file of the core, a list per layer, lowest first. The lists are separate because the
# kernels are compiled once per instruction set and the rest once per thread mode.
set(DRAGOMAN_BASE_SOURCES
  src/base/arena.cpp
  src/base/error.cpp
  src/base/json.cpp
)
set(DRAGOMAN_TENSOR_SOURCES
)
set(DRAGOMAN_KERNELS_SOURCES
)
set(DRAGOMAN_NN_SOURCES
)
set(DRAGOMAN_FORMATS_SOURCES
)
set(DRAGOMAN_TEXT_SOURCES
)
set(DRAGOMAN_MODELS_SOURCES
)
set(DRAGOMAN_DECODE_SOURCES
)
set(DRAGOMAN_TASKS_SOURCES
)
