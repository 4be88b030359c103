#include "quota/redis_private.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

struct redis_trust {
	gnutls_certificate_credentials_t credentials;
};

struct redis_tls {
	gnutls_session_t session;
	int error; /* of the handshake */
};

struct redis_trust *redis_trust_open(
    const char *ca_file, char *wrong, size_t wrong_size)
{
	struct redis_trust *trust = calloc(1, sizeof *trust);
	int count;

	snprintf(wrong, wrong_size, "out of memory");
	if (!trust)
		return NULL;
	if (gnutls_certificate_allocate_credentials(&trust->credentials) < 0) {
		free(trust);
		return NULL;
	}
	count = ca_file ? gnutls_certificate_set_x509_trust_file(
			      trust->credentials, ca_file, GNUTLS_X509_FMT_PEM)
			: gnutls_certificate_set_x509_system_trust(
			      trust->credentials);
	if (count > 0)
		return trust;
	snprintf(wrong, wrong_size, "%s: no certificate could be read%s%s",
	    ca_file ? ca_file : "the system's authorities",
	    count < 0 ? ": " : "", count < 0 ? gnutls_strerror(count) : "");
	redis_trust_close(trust);
	return NULL;
}

void redis_trust_close(struct redis_trust *trust)
{
	if (!trust)
		return;
	gnutls_certificate_free_credentials(trust->credentials);
	free(trust);
}

static bool is_name(const char *host)
{
	return !span_only(span_of(host), "0123456789.") &&
	       span_find(span_of(host), ':') == span_of(host).len;
}

struct redis_tls *redis_tls_open(
    struct redis_trust *trust, int socket, const char *host)
{
	struct redis_tls *tls = calloc(1, sizeof *tls);

	if (!tls)
		return NULL;
	if (gnutls_init(&tls->session,
		GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
		free(tls);
		return NULL;
	}
	if (gnutls_set_default_priority_append(
		tls->session, "-VERS-TLS1.0:-VERS-TLS1.1", NULL, 0) < 0 ||
	    gnutls_credentials_set(
		tls->session, GNUTLS_CRD_CERTIFICATE, trust->credentials) < 0 ||
	    (is_name(host) &&
		gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, host,
		    span_of(host).len) < 0)) {
		redis_tls_close(tls);
		return NULL;
	}
	gnutls_session_set_verify_cert(tls->session, host, 0);
	gnutls_transport_set_int(tls->session, socket);
	/* The caller has a deadline of its own. */
	gnutls_handshake_set_timeout(tls->session, GNUTLS_INDEFINITE_TIMEOUT);
	return tls;
}

void redis_tls_close(struct redis_tls *tls)
{
	if (!tls)
		return;
	gnutls_deinit(tls->session);
	free(tls);
}

int redis_tls_shake(struct redis_tls *tls)
{
	int error = gnutls_handshake(tls->session);

	if (error == GNUTLS_E_SUCCESS)
		return REDIS_TLS_DONE;
	if (gnutls_error_is_fatal(error)) {
		tls->error = error;
		return REDIS_TLS_FAILED;
	}
	return gnutls_record_get_direction(tls->session) ? POLLOUT : POLLIN;
}

static ssize_t give(ssize_t done)
{
	if (done >= 0)
		return done;
	/* A session ticket between the records is not fatal: read on. */
	errno = gnutls_error_is_fatal((int)done) ? EPROTO : EAGAIN;
	return -1;
}

ssize_t redis_tls_read(struct redis_tls *tls, void *bytes, size_t size)
{
	ssize_t got = gnutls_record_recv(tls->session, bytes, size);

	/* Redis closes the connection without closing TLS. */
	return got == GNUTLS_E_PREMATURE_TERMINATION ? 0 : give(got);
}

ssize_t redis_tls_write(struct redis_tls *tls, const void *bytes, size_t len)
{
	return give(gnutls_record_send(tls->session, bytes, len));
}

void redis_tls_why(const struct redis_tls *tls, struct buf *text)
{
	gnutls_datum_t words = { NULL, 0 };
	unsigned status = gnutls_session_get_verify_cert_status(tls->session);

	/* ~0: the handshake failed before the certificate was checked. */
	if (tls->error == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR &&
	    status != ~0U &&
	    gnutls_certificate_verification_status_print(
		status, GNUTLS_CRT_X509, &words, 0) >= 0)
		buf_text(text, (const char *)words.data);
	else
		buf_text(text, gnutls_strerror(tls->error));
	gnutls_free(words.data);
}
