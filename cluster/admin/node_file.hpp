#pragma once

#include <optional>
#include <string>

namespace hansom {

/// What a running node leaves in its data folder for the command line:
/// `node.json`.
struct node_file {
  std::string url;
  long pid = 0;
};

/// @returns the file's first word, as keys and tokens are kept; empty when it
///          cannot be read.
std::string first_word(const std::string& path);

/// @throws std::runtime_error when the folder cannot be written.
void write_node_file(const std::string& data, const node_file& x);
void remove_node_file(const std::string& data);
/// @returns the file's content when it exists and its process lives.
std::optional<node_file> read_node_file(const std::string& data);

/// The development signing key of a data folder: made at first start with mode
/// 0600, so that whoever may read the folder may operate its node.
std::string dev_key_path(const std::string& data);
/// @returns the key, making it first when there is none.
/// @throws std::runtime_error when the folder cannot be written.
std::string ensure_dev_key(const std::string& data);

/// @returns a short-lived operator token signed with the folder's development
///          key; empty when there is no readable key.
std::string mint_operator_token(const std::string& data);

} // namespace hansom
