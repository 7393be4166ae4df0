#include "cluster/program/tar_file.hpp"

#include <zlib.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace hansom {

namespace {

constexpr std::size_t block = 512;

/// The header of one file: fields of octal digits at fixed places.
std::string header_of(const tar_entry& x, long at) {
  if (x.name.empty() || x.name.size() > 99)
    throw std::runtime_error{"a file of an archive has a name of 1 to 99 "
                             "bytes, not \""
                             + x.name + '"'};
  std::string out(block, '\0');
  auto put = [&out](std::size_t place, std::string_view text) {
    out.replace(place, text.size(), text);
  };
  auto octal = [](unsigned long value, int digits) {
    char text[24];
    std::snprintf(text, sizeof text, "%0*lo", digits, value);
    return std::string{text};
  };
  put(0, x.name);
  put(100, "0000600");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(x.content.size(), 11));
  put(136, octal(static_cast<unsigned long>(at), 11));
  put(148, "        "); // Blank while the sum is taken.
  out[156] = '0';
  put(257, std::string_view{"ustar\00000", 8});
  unsigned long sum = 0;
  for (auto c : out)
    sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6));
  out[154] = '\0';
  return out;
}

std::string compressed(const std::string& plain) {
  z_stream z{};
  // 15 + 16: the largest window, with gzip's header.
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                   Z_DEFAULT_STRATEGY)
      != Z_OK)
    throw std::runtime_error{"no memory to compress with"};
  std::string out(deflateBound(&z, static_cast<uLong>(plain.size())), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  auto ended = deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  if (ended != Z_STREAM_END)
    throw std::runtime_error{"the archive could not be compressed"};
  return out;
}

} // namespace

std::string make_tar_gz(const std::vector<tar_entry>& files, long at) {
  std::string out;
  for (auto& x : files) {
    out += header_of(x, at) + x.content;
    out.append((block - x.content.size() % block) % block, '\0');
  }
  out.append(2 * block, '\0');
  return compressed(out);
}

} // namespace hansom
