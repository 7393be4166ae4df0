#pragma once

#include <boost/preprocessor/seq/for_each.hpp>
#include <boost/preprocessor/stringize.hpp>
#include <boost/preprocessor/variadic/to_seq.hpp>
#include <caf/meta/type_name.hpp>

/// Describes a plain struct once, for everything that walks its fields: CAF's
/// binary format (`inspect`), JSON in and out (`protocol/json/json.hpp`) and
/// the console. Field order is the binary layout; field names are the JSON
/// names. Use at namespace scope, in the struct's own namespace.
///
///   struct money { std::int64_t minor = 0; currency unit; };
///   HANSOM_RECORD(money, minor, unit)
#define HANSOM_RECORD(type, ...)                                               \
  template <class Inspector>                                                   \
  typename Inspector::result_type inspect(Inspector& f, type& x) {             \
    return f(caf::meta::type_name(#type) HANSOM_RECORD_MEMBERS_(__VA_ARGS__)); \
  }                                                                            \
  template <class Visitor>                                                     \
  void for_each_field(type& x, Visitor&& visit) {                              \
    HANSOM_RECORD_VISITS_(__VA_ARGS__)                                         \
  }                                                                            \
  template <class Visitor>                                                     \
  void for_each_field(const type& x, Visitor&& visit) {                        \
    HANSOM_RECORD_VISITS_(__VA_ARGS__)                                         \
  }

/// The same for a struct without fields.
#define HANSOM_EMPTY_RECORD(type)                                              \
  template <class Inspector>                                                   \
  typename Inspector::result_type inspect(Inspector& f, type&) {               \
    return f(caf::meta::type_name(#type));                                     \
  }                                                                            \
  template <class Visitor>                                                     \
  void for_each_field(const type&, Visitor&&) {                                \
  }

#define HANSOM_RECORD_MEMBER_(r, data, field) , x.field
#define HANSOM_RECORD_MEMBERS_(...)                                            \
  BOOST_PP_SEQ_FOR_EACH(HANSOM_RECORD_MEMBER_, _,                              \
                        BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__))
#define HANSOM_RECORD_VISIT_(r, data, field)                                   \
  visit(BOOST_PP_STRINGIZE(field), x.field);
#define HANSOM_RECORD_VISITS_(...)                                             \
  BOOST_PP_SEQ_FOR_EACH(HANSOM_RECORD_VISIT_, _,                               \
                        BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__))
