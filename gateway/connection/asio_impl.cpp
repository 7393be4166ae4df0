/// The one place where Asio and Beast are compiled (separate compilation is
/// switched on for the whole project).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
