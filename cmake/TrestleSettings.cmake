# Compiler settings that hold for every target of ours: C++20, warnings as errors, sanitizers by preset.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(TRESTLE_TESTS "Build the tests" ON)
option(TRESTLE_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(TRESTLE_SANITIZE "" CACHE STRING "Value for -fsanitize= (address,undefined or thread)")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# The flags of our own code; generated and foreign code does not get them.
add_library(trestle_options INTERFACE)
target_include_directories(trestle_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(trestle_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wimplicit-fallthrough -Wformat=2 -Wdouble-promotion
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
# Fully optimised, g++ 12 finds uninitialised optionals and overlapping strings where there are none, and with the address
# sanitizer's code inside uninitialised variants.
target_compile_options(trestle_options INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-maybe-uninitialized;-Wno-restrict;-Wno-stringop-overflow>)
if(TRESTLE_SANITIZE MATCHES address)
  target_compile_options(trestle_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

if(TRESTLE_SANITIZE)
  add_compile_options(-fsanitize=${TRESTLE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRESTLE_SANITIZE})
  if(TRESTLE_SANITIZE MATCHES thread)
    # The thread sanitizer knows no stand-alone fences, and g++ refuses them; Asio's queues are locked anyway.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

# Fuzzers see what libraries do only when those are instrumented too.
if(TRESTLE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# trestle_library(name SOURCES … LIBS …): one room, one static library, every source named.
function(trestle_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC trestle_options ${ARG_LIBS})
endfunction()

# trestle_ctest(name [SLOW] [SKIPS] COMMAND …): one ctest entry, run from the root of the tree. SLOW ones run in CI and
# by `./dev test`, not by `./dev test --fast`. One that SKIPS says so with exit code 77.
set(TRESTLE_TEST_LAUNCHER "")
set(TRESTLE_TEST_SECONDS_MAX 600)  # for what hangs
if(TRESTLE_SANITIZE)
  # Without a folder of reports for each test, what is found in a daemon that the test starts and kills would go unseen.
  set(TRESTLE_TEST_LAUNCHER ${CMAKE_SOURCE_DIR}/tests/sanitizers/run.sh ${CMAKE_BINARY_DIR}/reports)
  set(TRESTLE_TEST_SECONDS_MAX 7200)  # programs are about ten times slower, and the machine may be shared
endif()
function(trestle_ctest name)
  cmake_parse_arguments(ARG "SLOW;SKIPS" "" "COMMAND" ${ARGN})
  set(launcher ${TRESTLE_TEST_LAUNCHER})
  if(launcher)
    string(APPEND launcher /${name})
  endif()
  add_test(NAME ${name} COMMAND ${launcher} ${ARG_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${TRESTLE_TEST_SECONDS_MAX})
  if(ARG_SLOW)
    set_tests_properties(${name} PROPERTIES LABELS slow)
  endif()
  if(ARG_SKIPS)
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
  endif()
endfunction()

# trestle_test(name [SLOW] SOURCES … LIBS …): one Catch2 program, one ctest entry.
function(trestle_test name)
  cmake_parse_arguments(ARG "SLOW" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE trestle_options trestle_test_main ${ARG_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  set(slow "")
  if(ARG_SLOW)
    set(slow SLOW)
  endif()
  trestle_ctest(${name} ${slow} COMMAND $<TARGET_FILE:${name}>)
endfunction()

if(TRESTLE_FUZZ)
  add_custom_target(fuzzers)  # every fuzz target
endif()

# trestle_fuzzer(name SOURCES … LIBS …): a libFuzzer target, built by the fuzz preset only.
function(trestle_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE trestle_options ${ARG_LIBS} -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_dependencies(fuzzers ${name})
endfunction()
