"""Where a request came from, only as exact as limits and proof need it."""

from ipaddress import IPv6Address, ip_address, ip_network

BITS = {4: 24, 6: 48}


def network(ip: str | None) -> str:
    """Return the /24 or /48 around an IP address; "" when it is none."""
    try:
        address = ip_address((ip or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address, BITS[address.version]), strict=False))
