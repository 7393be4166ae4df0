#include "cluster/admin/admin_client.hpp"

#include "cluster/admin/node_file.hpp"
#include "cluster/program/exit_codes.hpp"

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>
#include <iterator>

namespace hansom {

namespace {

std::string environment(const char* name) {
  auto* value = std::getenv(name);
  return value ? value : "";
}

std::size_t append_body(char* data, std::size_t size, std::size_t n,
                        void* body) {
  static_cast<std::string*>(body)->append(data, size * n);
  return size * n;
}

} // namespace

bool find_target(const std::string& url, const std::string& token_file,
                 const std::string& data, admin_target& out, std::string& why) {
  auto token =
    token_file.empty() ? environment("HANSOM_TOKEN") : first_word(token_file);
  if (auto given = url.empty() ? environment("HANSOM_URL") : url;
      !given.empty()) {
    out = {given, token, url.empty() ? "HANSOM_URL" : "--url"};
  } else if (auto node = read_node_file(data)) {
    out = {node->url, token, "the node of folder " + data};
  } else {
    why = "no node to talk to: no --url, no HANSOM_URL, and no running node "
          "has its files in folder "
          + data;
    return false;
  }
  if (out.token.empty())
    out.token = mint_operator_token(data);
  return true;
}

struct admin_client::connection {
  CURL* handle = curl_easy_init();
  ~connection() {
    curl_easy_cleanup(handle);
  }
};

admin_client::admin_client(admin_target target, long timeout_ms)
  : target_{std::move(target)}, timeout_ms_{timeout_ms},
    connection_{std::make_unique<connection>()} {
}

admin_client::~admin_client() = default;

namespace {

/// What a refusal means for the shell.
int exit_code_of(long status) {
  switch (status) {
  case 400:
    return exit_usage;
  case 404:
    return exit_not_found;
  case 401:
  case 403:
  case 409:
  case 410:
    return exit_refused;
  case 504:
    return exit_timed_out;
  default:
    return exit_failed;
  }
}

} // namespace

int admin_client::get(const std::string& path, nlohmann::json& out) {
  return ask(path, nullptr, out);
}

int admin_client::post(const std::string& path, const nlohmann::json& body,
                       nlohmann::json& out) {
  auto text = body.dump();
  return ask(path, &text, out);
}

int admin_client::ask(const std::string& path, const std::string* body_text,
                      nlohmann::json& out) {
  auto* curl = connection_->handle;
  std::string body;
  auto url = target_.url + path;
  auto bearer = "Authorization: Bearer " + target_.token;
  auto* headers = curl_slist_append(nullptr, bearer.c_str());
  if (body_text != nullptr) {
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE,
                     static_cast<long>(body_text->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body_text->c_str());
  } else {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms_);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  auto outcome = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  if (outcome != CURLE_OK)
    return fail(outcome == CURLE_OPERATION_TIMEDOUT ? exit_timed_out
                                                    : exit_no_answer,
                "cannot reach " + target_.url + ": "
                  + curl_easy_strerror(outcome) + "\n  Found through "
                  + target_.found + ".\n  Is the node up?  hansom start");
  out = nlohmann::json::parse(body, nullptr, false);
  if (status == 200) {
    if (out.is_discarded())
      out = body; // Such as /metrics, which is text.
    return exit_done;
  }
  auto detail = out.is_object() ? out.value("detail", body) : body;
  if (status == 401 || status == 403)
    detail += "\n  A token is taken from --token-file or HANSOM_TOKEN; a "
              "development node also accepts its data folder's key.";
  return fail(exit_code_of(status), detail);
}

int admin_client::fail(int code, std::string text) {
  complaint_ = std::move(text);
  if (!quiet_)
    std::cerr << "hansom: " << complaint_ << '\n';
  return code;
}

std::string url_encoded(const std::string& text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (auto c : text) {
    auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == '-' || c == '_' || c == '.' || c == '~')
      out += c;
    else
      (((out += '%') += hex[u >> 4])) += hex[u & 15];
  }
  return out;
}

} // namespace hansom
