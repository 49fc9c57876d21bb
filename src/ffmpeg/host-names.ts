/** The file name of `hostNamesSource`. */
export const hostNamesFile = 'host-names.c';
export const hostNamesObject = 'host-names.o';

/** For the linker: host names are looked up, and certificates found, by the functions of `hostNamesSource`. */
export const hostNamesLinkFlags: readonly string[] = [...['getaddrinfo', 'mbedtls_ssl_conf_ca_chain'].map((name) => `-Wl,--wrap=${name}`), hostNamesObject, '-lresolv'];

/**
 * A C source linked into an ffmpeg that reads from the network. glibc's own look-up loads parts of the C library that is on the
 * machine, and a static program dies of another version's; this one asks /etc/hosts and the name servers of /etc/resolv.conf, by glibc's
 * resolver, and loads nothing. `-tls_verify 1` without `-ca_file` trusts what the machine trusts, as Debian's build does.
 * It has neither single quotes nor backslashes, so that a shell prints it as it is.
 */
export const hostNamesSource: string = `#define _GNU_SOURCE
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#if __has_include(<mbedtls/ssl.h>)
#include <mbedtls/ssl.h>
#endif
struct search { const char *service; struct addrinfo hints, *first, **last; int status, is_asked; };
int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result);
static void take(struct search *s, const char *address) {
  struct addrinfo hints = s->hints;
  hints.ai_flags |= AI_NUMERICHOST;
  if (!__real_getaddrinfo(address, s->service, &hints, s->last))
    while (*s->last) s->last = &(*s->last)->ai_next;
}
static void take_hosts(struct search *s, const char *name) {
  static const char blank[] = { 9, 10, 13, 32, 0 };
  char line[1024], *rest, *address, *word;
  FILE *file = fopen("/etc/hosts", "re");
  while (file && fgets(line, sizeof line, file)) {
    line[strcspn(line, "#")] = 0;
    address = strtok_r(line, blank, &rest);
    while (address && (word = strtok_r(NULL, blank, &rest)))
      if (!strcasecmp(word, name)) { take(s, address); break; }
  }
  if (file) fclose(file);
}
static void take_answers(struct search *s, const char *name, int type) {
  unsigned char answer[65535];
  char address[INET6_ADDRSTRLEN];
  struct __res_state state = { 0 };
  ns_msg message;
  ns_rr record;
  int size, i;
  s->is_asked = 1;
  if (res_ninit(&state)) return;
  size = res_nsearch(&state, name, ns_c_in, type, answer, sizeof answer);
  if (size < 0 && state.res_h_errno == TRY_AGAIN) s->status = EAI_AGAIN;
  if (size > 0 && !ns_initparse(answer, size < (int) sizeof answer ? size : (int) sizeof answer, &message))
    for (i = 0; i < ns_msg_count(message, ns_s_an); i++)
      if (!ns_parserr(&message, ns_s_an, i, &record) && ns_rr_type(record) == type && ns_rr_rdlen(record) == (type == ns_t_a ? 4 : 16)
          && inet_ntop(type == ns_t_a ? AF_INET : AF_INET6, ns_rr_rdata(record), address, sizeof address)) take(s, address);
  res_nclose(&state);
}
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
  struct in_addr number;
  struct search s = { service, { 0 }, NULL, &s.first, EAI_NONAME, 0 };
  if (hints) s.hints = *hints;
  if (!node || s.hints.ai_flags & AI_NUMERICHOST || strchr(node, 58) || inet_aton(node, &number))
    return __real_getaddrinfo(node, service, hints, result);
  take_hosts(&s, node);
  if (!s.first && !strcasecmp(node, "localhost")) { take(&s, "127.0.0.1"); take(&s, "::1"); }
  if (!s.first && s.hints.ai_family != AF_INET6) take_answers(&s, node, ns_t_a);
  if ((!s.first || s.is_asked) && s.status != EAI_AGAIN && s.hints.ai_family != AF_INET) take_answers(&s, node, ns_t_aaaa);
  *result = s.first;
  return s.first ? 0 : s.status;
}
#ifdef MBEDTLS_SSL_H
void __real_mbedtls_ssl_conf_ca_chain(mbedtls_ssl_config *config, mbedtls_x509_crt *trusted, mbedtls_x509_crl *revoked);
void __wrap_mbedtls_ssl_conf_ca_chain(mbedtls_ssl_config *config, mbedtls_x509_crt *trusted, mbedtls_x509_crl *revoked) {
  const char *files[] = { getenv("SSL_CERT_FILE"), "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem" };
  int i;
  for (i = 0; i < 4 && config->authmode != MBEDTLS_SSL_VERIFY_NONE && !trusted->version; i++)
    if (files[i]) mbedtls_x509_crt_parse_file(trusted, files[i]);
  __real_mbedtls_ssl_conf_ca_chain(config, trusted, revoked);
}
#endif
`;
