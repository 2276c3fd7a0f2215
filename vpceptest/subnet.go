package vpceptest

import "net/netip"

// subnet assigns the addresses of a subnet. Its real range is unknown, so any address may be
// requested, and assigned ones begin at 10.0.0.10.
type subnet struct {
	next netip.Addr
	used map[string]bool
}

func newSubnet() *subnet {
	return &subnet{next: netip.AddrFrom4([4]byte{10, 0, 0, 10}), used: map[string]bool{}}
}

// take reserves the requested address, or a free one for "". It returns false if the address
// is in use.
func (n *subnet) take(ip string) (string, bool) {
	if ip == "" {
		ip = n.free()
	}
	if n.used[ip] {
		return "", false
	}
	n.used[ip] = true
	return ip, true
}

// free continues after the last assigned address, to avoid searching from the beginning.
func (n *subnet) free() string {
	for n.used[n.next.String()] || isReserved(n.next) {
		n.next = n.next.Next()
	}
	ip := n.next.String()
	n.next = n.next.Next()
	return ip
}

// isReserved reports whether an address is the network or broadcast address of a subnet of
// 256 addresses.
func isReserved(ip netip.Addr) bool {
	last := ip.As4()[3]
	return last == 0 || last == 255
}

// release frees an address; a gateway endpoint has no subnet to release it in.
func (n *subnet) release(ip string) {
	if n != nil {
		delete(n.used, ip)
	}
}
