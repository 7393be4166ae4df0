#pragma once

#include "cluster/admin/audit_trail.hpp"
#include "cluster/admin/revocation_desk.hpp"
#include "gateway/http_routes.hpp"

namespace hansom {

/// Tokens that no longer count; takes a token of role operator or
/// admin:
///
///   POST /v1/admin/revocations  {"user":"driver/7","before":1700000000000}
///                               {"jti":"t1","reason":"..."}
///   GET  /v1/admin/revocations?after=POS&limit=N
///
/// `before` is in milliseconds since 1970 and means now when it is left out:
/// all tokens of the user with an earlier `iat` are refused. Answered with 200
/// and {"name":"driver/7","issued_before":...,"until":...} once it is durable
/// and effective on this node; on others it is within 5 s. Said again, it
/// changes nothing. GET answers {"revocations":[...],"last":POS}, oldest first.
///
/// @param desk must outlive the gateway that uses `routes`.
/// @param token_life longest life of a token.
void add_revocation_routes(http_routes& routes, revocation_desk& desk,
                           std::function<timestamp()> now,
                           milliseconds token_life, audit_trail audit);

} // namespace hansom
