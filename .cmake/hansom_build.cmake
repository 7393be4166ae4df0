# What every target shares: packages, warnings, sanitizers, and one function
# for a room's library.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(toml11 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(doctest REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)

# Debian's CAF and S2 ship neither a CMake package nor a pkg-config file.
find_path(CAF_INCLUDE caf/actor_system.hpp REQUIRED)
foreach(component core io openssl)
  find_library(CAF_${component}_LIBRARY caf_${component} REQUIRED)
  add_library(caf::${component} UNKNOWN IMPORTED)
  set_target_properties(caf::${component} PROPERTIES
    IMPORTED_LOCATION "${CAF_${component}_LIBRARY}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CAF_INCLUDE}")
endforeach()
target_link_libraries(caf::core INTERFACE Threads::Threads)
target_link_libraries(caf::io INTERFACE caf::core)
target_link_libraries(caf::openssl INTERFACE caf::io OpenSSL::SSL)

find_path(S2_INCLUDE s2/s2cell_id.h REQUIRED)
find_library(S2_LIBRARY s2 REQUIRED)
add_library(s2::s2 UNKNOWN IMPORTED)
set_target_properties(s2::s2 PROPERTIES
  IMPORTED_LOCATION "${S2_LIBRARY}"
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${S2_INCLUDE}")
target_link_libraries(s2::s2 INTERFACE OpenSSL::Crypto Threads::Threads)

add_library(hansom_options INTERFACE)
target_include_directories(hansom_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(hansom_options INTERFACE
  CAF_ENABLE_TYPE_ID_CHECKS # An unregistered message is a compile error.
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED)
target_compile_options(hansom_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
target_link_libraries(hansom_options INTERFACE Threads::Threads)

option(HANSOM_SANITIZE "Address and undefined behaviour sanitizers" OFF)
if(HANSOM_SANITIZE)
  # CAF's init_fun_factory binds null references: not ours to mend.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the source folder count as relative, so that one clone finds
  # what another has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${CCACHE}")
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

option(HANSOM_GROUPED "Compile up to eight files of a folder as one: from \
nothing a third of the work; after a change up to eight files again" ON)

# hansom_groups(out sources): what to compile instead of `sources`. Not CMake's
# own unity files: those hold absolute paths, which no other clone could reuse.
# g++ 12 loses its way among the many generic lambdas of cluster/config. What
# hansom_next replaces must be alone, or the linker takes both.
set(HANSOM_REPLACED cluster/member/app_version.cpp cluster/mesh/mesh_versions.cpp)
function(hansom_groups out)
  set(groups)
  set(alone)
  foreach(source IN LISTS ARGN)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
    cmake_path(GET source PARENT_PATH folder)
    if(folder STREQUAL "cluster/config" OR source IN_LIST HANSOM_REPLACED)
      list(APPEND alone "${PROJECT_SOURCE_DIR}/${source}")
      continue()
    endif()
    string(MAKE_C_IDENTIFIER "${folder}" group)
    math(EXPR files_${group} "0${files_${group}} + 1")
    math(EXPR number "(${files_${group}} - 1) / 8")
    string(APPEND text_${group}_${number} "#include \"${source}\"\n")
    list(APPEND groups "${group}_${number}")
  endforeach()
  list(REMOVE_DUPLICATES groups)
  set(files)
  foreach(group IN LISTS groups)
    set(file "${CMAKE_CURRENT_BINARY_DIR}/groups/${group}.cpp")
    file(CONFIGURE OUTPUT "${file}" CONTENT "${text_${group}}" @ONLY)
    list(APPEND files "${file}")
  endforeach()
  set(${out} ${files} ${alone} PARENT_SCOPE)
endfunction()

# hansom_library(name DEPENDS target...): a static library from all .cpp files
# in and below the calling folder; those of folders with a target of their own
# are left out with EXCLUDE regex.
function(hansom_library name)
  cmake_parse_arguments(ARG "" "EXCLUDE" "DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "_cxx17\\.cpp$")
  if(ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${ARG_EXCLUDE}")
  endif()
  if(NOT sources) # A room of headers alone.
    set(sources "${CMAKE_CURRENT_BINARY_DIR}/headers_only.cpp")
    file(TOUCH "${sources}")
  endif()
  if(HANSOM_GROUPED)
    hansom_groups(sources ${sources})
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC hansom_options ${ARG_DEPENDS})
endfunction()
