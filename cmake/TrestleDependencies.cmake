# Every foreign library the project uses, all from Debian 12's packages (docs/decisions/0001).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(tl-expected REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(CURL REQUIRED)
find_library(PHONENUMBER_LIBRARY phonenumber REQUIRED)  # docs/decisions/0005
pkg_check_modules(GRPCPP REQUIRED IMPORTED_TARGET grpc++)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
find_program(PROTOC_GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

# gRPC is not instrumented: in which order it runs our code is told to the thread sanitizer by the file named here.
if(TRESTLE_SANITIZE MATCHES thread)
  add_library(trestle_grpc_order STATIC ${CMAKE_SOURCE_DIR}/tests/sanitizers/grpc_order.cc)
  target_compile_options(trestle_grpc_order PRIVATE -fno-access-control)
  target_link_options(trestle_grpc_order INTERFACE
    LINKER:--undefined=TrestleTsanGrpcOrder
    LINKER:--wrap=_ZN4absl7debian35Mutex4LockEv LINKER:--wrap=_ZN4absl7debian35Mutex6UnlockEv
    LINKER:--version-script=${CMAKE_SOURCE_DIR}/tests/sanitizers/own_copies.map)
  target_link_libraries(PkgConfig::GRPCPP INTERFACE trestle_grpc_order)
endif()
