#include "quota/redis_private.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

gnutls_certificate_credentials_t redis_trust_open(
    const char *ca_file, char *wrong, size_t wrong_size)
{
	gnutls_certificate_credentials_t trust;
	int count;

	snprintf(wrong, wrong_size, "out of memory");
	if (gnutls_certificate_allocate_credentials(&trust) < 0)
		return NULL;
	count = ca_file ? gnutls_certificate_set_x509_trust_file(
			      trust, ca_file, GNUTLS_X509_FMT_PEM)
			: gnutls_certificate_set_x509_system_trust(trust);
	if (count > 0)
		return trust;
	snprintf(wrong, wrong_size, "%s: no certificate could be read%s%s",
	    ca_file ? ca_file : "the system's authorities",
	    count < 0 ? ": " : "", count < 0 ? gnutls_strerror(count) : "");
	redis_trust_close(trust);
	return NULL;
}

void redis_trust_close(gnutls_certificate_credentials_t trust)
{
	if (trust)
		gnutls_certificate_free_credentials(trust);
}

static bool is_name(const char *host)
{
	const struct chars dotted = chars_of(CHARS_DIGIT ".");

	return !span_only(span_of(host), &dotted) &&
	       span_find(span_of(host), ':') == span_of(host).len;
}

static bool begin(
    struct redis_link *link, gnutls_certificate_credentials_t trust)
{
	const char *host = link->config->address;

	if (gnutls_init(&link->tls,
		GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
		link->tls = NULL;
		return false;
	}
	if (gnutls_set_default_priority_append(
		link->tls, "-VERS-TLS1.0:-VERS-TLS1.1", NULL, 0) < 0 ||
	    gnutls_credentials_set(link->tls, GNUTLS_CRD_CERTIFICATE, trust) <
		0 ||
	    (is_name(host) && gnutls_server_name_set(link->tls, GNUTLS_NAME_DNS,
				  host, span_of(host).len) < 0))
		return false;
	gnutls_session_set_verify_cert(link->tls, host, 0);
	gnutls_transport_set_int(link->tls, link->socket);
	/* The link has a deadline of its own. */
	gnutls_handshake_set_timeout(link->tls, GNUTLS_INDEFINITE_TIMEOUT);
	return true;
}

static bool fail(struct redis_link *link, int error)
{
	gnutls_datum_t words = { NULL, 0 };
	unsigned status = gnutls_session_get_verify_cert_status(link->tls);

	/* ~0: the handshake failed before the certificate was checked. */
	if (error == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR && status != ~0U &&
	    gnutls_certificate_verification_status_print(
		status, GNUTLS_CRT_X509, &words, 0) >= 0)
		redis_fault_set(
		    &link->fault, QUOTA_REDIS_TLS, (const char *)words.data);
	else
		redis_fault_set(
		    &link->fault, QUOTA_REDIS_TLS, gnutls_strerror(error));
	gnutls_free(words.data);
	return false;
}

bool redis_tls_open(
    struct redis_link *link, gnutls_certificate_credentials_t trust)
{
	int error;

	if (!begin(link, trust))
		return redis_fault_set(
		    &link->fault, QUOTA_REDIS_TLS, strerror(ENOMEM));
	while ((error = gnutls_handshake(link->tls)) != GNUTLS_E_SUCCESS) {
		bool sends = gnutls_record_get_direction(link->tls);

		if (gnutls_error_is_fatal(error))
			return fail(link, error);
		if (!redis_link_wait(link, sends ? POLLOUT : POLLIN))
			return false;
	}
	return true;
}

void redis_tls_close(gnutls_session_t tls)
{
	if (tls)
		gnutls_deinit(tls);
}

static ssize_t give(ssize_t done)
{
	if (done >= 0)
		return done;
	/* A session ticket between the records is not fatal: read on. */
	errno = gnutls_error_is_fatal((int)done) ? EPROTO : EAGAIN;
	return -1;
}

ssize_t redis_tls_read(gnutls_session_t tls, void *bytes, size_t size)
{
	ssize_t got = gnutls_record_recv(tls, bytes, size);

	/* Redis closes the connection without closing TLS. */
	return got == GNUTLS_E_PREMATURE_TERMINATION ? 0 : give(got);
}

ssize_t redis_tls_write(gnutls_session_t tls, const void *bytes, size_t len)
{
	return give(gnutls_record_send(tls, bytes, len));
}
