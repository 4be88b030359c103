# slotd in a container. README.md says how to build and run it.
FROM docker.io/library/debian:trixie-slim AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
	--no-install-recommends gcc libc6-dev make pkg-config \
	libconfig-dev libcurl4-openssl-dev libexpat1-dev libgnutls28-dev \
	libhiredis-dev libidn2-dev libjansson-dev libmicrohttpd-dev nettle-dev
WORKDIR /slotd
COPY . .
RUN make -j2 CFLAGS=-O2 LDFLAGS=-s all

FROM docker.io/library/debian:trixie-slim
LABEL org.opencontainers.image.title="slotd" \
	org.opencontainers.image.description="Signed upload slots over REST, for XMPP servers (XEP-0363) and S3-compatible storage" \
	org.opencontainers.image.licenses="MIT" \
	org.opencontainers.image.version="0.1.0"
# The libraries, and the certificate authorities for HTTPS.
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
	--no-install-recommends ca-certificates \
	libconfig11 libcurl4t64 libexpat1 libgnutls30t64 libhiredis1.1.0 \
	libidn2-0 libjansson4 libmicrohttpd12t64 libnettle8t64 && \
	rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* && \
	install -d -o 8363 -g 8363 -m 700 /var/lib/slotd
COPY --from=build /slotd/LICENSE /usr/share/doc/slotd/copyright
COPY --from=build /slotd/build/slotd /usr/bin/slotd
# A number, because Kubernetes cannot tell from a name that it is not root.
USER 8363:8363
# Mount /etc/slotd, with slotd.conf and the files that it names.
VOLUME /var/lib/slotd
EXPOSE 8363 8364
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s \
	CMD ["slotd", "health", "-c", "/etc/slotd/slotd.conf"]
ENTRYPOINT ["slotd"]
CMD ["serve", "-c", "/etc/slotd/slotd.conf"]
