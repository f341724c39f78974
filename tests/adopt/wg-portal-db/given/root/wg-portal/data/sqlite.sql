-- What wg-portal 2 keeps in data/sqlite.db: the tables and columns that wgctl reads, under the names that GORM gives them.
-- The values are invented. There is no wg0.conf, because wg-portal only writes one if it is told to.
CREATE TABLE interfaces (identifier TEXT PRIMARY KEY, created_at DATETIME, private_key TEXT, public_key TEXT,
    listen_port INTEGER, dns_str TEXT, mtu INTEGER, post_up TEXT, display_name TEXT, type TEXT, disabled DATETIME,
    peer_def_network_str TEXT, peer_def_dns_str TEXT, peer_def_endpoint TEXT, peer_def_allowed_ips_str TEXT,
    peer_def_mtu INTEGER, peer_def_persistent_keepalive INTEGER);
CREATE TABLE cidrs (cidr TEXT PRIMARY KEY, addr TEXT, net_len INTEGER);
CREATE TABLE interface_addresses (interface_identifier TEXT, cidr_cidr TEXT,
    PRIMARY KEY (interface_identifier, cidr_cidr));
CREATE TABLE peer_addresses (peer_identifier TEXT, cidr_cidr TEXT, PRIMARY KEY (peer_identifier, cidr_cidr));
CREATE TABLE peers (identifier TEXT PRIMARY KEY, created_at DATETIME, endpoint_v TEXT, endpoint_o NUMERIC,
    allowed_ips_str_v TEXT, allowed_ips_str_o NUMERIC, extra_allowed_ips_str TEXT, preshared_key TEXT,
    persistent_keep_alive_v INTEGER, persistent_keep_alive_o NUMERIC, display_name TEXT, interface_identifier TEXT,
    disabled DATETIME, disabled_reason TEXT, expires_at DATETIME, notes TEXT, private_key TEXT, public_key TEXT,
    iface_dns_str_v TEXT, iface_dns_str_o NUMERIC, iface_mtu_v INTEGER, iface_mtu_o NUMERIC);
INSERT INTO interfaces VALUES ('wg0', '2026-02-11 09:14:03.144+00:00', '6A0E8tSb3FkByEbuHnznI/vPpdcusqyWFOgV/V4IsGc=', '2jfrexvk947G8fHQzupEhpAYpA8e0T/1KepAMIjhJ1Y=', 51820, '', 1420, '', 'Home',
    'server', NULL, '10.11.12.0/24', '10.11.12.1', 'vpn.example.org:51820', '0.0.0.0/0,::/0', 1420, 16);
INSERT INTO cidrs VALUES ('10.11.12.1/24', '10.11.12.1', 24), ('10.11.12.2/32', '10.11.12.2', 32),
    ('10.11.12.3/32', '10.11.12.3', 32), ('10.11.12.4/32', '10.11.12.4', 32);
INSERT INTO interface_addresses VALUES ('wg0', '10.11.12.1/24');
INSERT INTO peer_addresses VALUES ('Ptl7Ci3yCmKvb81NK4XL56bqBdSXi6ockR9eIaHKY0A=', '10.11.12.2/32'), ('iMXFWHBNN7+roPYLLwSCgEuD48jubNvfn0EKf3TSMWw=', '10.11.12.3/32'),
    ('V+kvf/rfrz15Pj9n0hSanAfiNAXGU+pwXt7V1kjLbmU=', '10.11.12.4/32');
INSERT INTO peers VALUES
 ('Ptl7Ci3yCmKvb81NK4XL56bqBdSXi6ockR9eIaHKY0A=', '2026-02-11 09:22:00.1+00:00', 'vpn.example.org:51820', 1, '0.0.0.0/0,::/0', 1, '', 'CTjdFbl213EAbPWWaXvVrBJ4OS7DFsjxO2GXS9Y3W8g=', 16, 1,
  'Anna''s iPhone', 'wg0', NULL, '', NULL, 'the white one', 'uEbx4qVwyjOWgi6JJuBBo4abeZrZaURWzG1mt7B2+2k=', 'Ptl7Ci3yCmKvb81NK4XL56bqBdSXi6ockR9eIaHKY0A=', '10.11.12.1', 1, 1420, 1),
 ('iMXFWHBNN7+roPYLLwSCgEuD48jubNvfn0EKf3TSMWw=', '2026-02-12 09:22:00.1+00:00', 'vpn.example.org:51820', 1, '10.11.12.0/24', 0, '192.168.70.0/24', '8lxJrw4bS67ixopol8xKzh2eYMwBM8kTcaHe+cWsvHA=', 0, 0,
  'cabin', 'wg0', NULL, '', NULL, '', '+BC7GigUimozyqm8y+zAPrpI9xK33KiPZ357aQrkaXY=', 'iMXFWHBNN7+roPYLLwSCgEuD48jubNvfn0EKf3TSMWw=', '', 0, 1380, 0),
 ('V+kvf/rfrz15Pj9n0hSanAfiNAXGU+pwXt7V1kjLbmU=', '2026-02-13 09:22:00.1+00:00', 'vpn.example.org:51820', 1, '0.0.0.0/0,::/0', 1, '', '1oHQKKuNXcAy4Q1e57UdOm/iCyIPU/RWGmmmwIanw0Y=', 16, 1,
  'guest', 'wg0', '2026-03-01 00:00:00+00:00', 'expired', '2026-02-28 23:00:00+01:00', '', 'ADzH4LZtmzIxonf5IAgXWz+tG+lDMe+Eb04G3TLh22c=', 'V+kvf/rfrz15Pj9n0hSanAfiNAXGU+pwXt7V1kjLbmU=', '10.11.12.1', 1, 1420, 1);
