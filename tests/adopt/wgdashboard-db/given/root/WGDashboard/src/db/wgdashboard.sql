-- What WGDashboard 4 keeps in src/db/wgdashboard.db: a table for each interface, and one for its restricted peers. The
-- values are invented.
CREATE TABLE wg0 (id VARCHAR(255) NOT NULL PRIMARY KEY, private_key VARCHAR(255), "DNS" TEXT, endpoint_allowed_ip TEXT,
    name TEXT, total_receive FLOAT, endpoint VARCHAR(255), status VARCHAR(255), allowed_ip VARCHAR(255), mtu INTEGER,
    keepalive INTEGER, remote_endpoint VARCHAR(255), preshared_key VARCHAR(255));
CREATE TABLE wg0_restrict_access AS SELECT * FROM wg0;
CREATE TABLE wg0_transfer (id VARCHAR(255) NOT NULL, total_receive FLOAT, time DATETIME);
INSERT INTO wg0 VALUES
 ('hT/EvaookfDRzcQN9c5V3htNy8910P/JdufMLwJNwCQ=', 'ID7TewWW5XxRdQO2x55rFZiVJ0PdmdqyamU0RiBcyWY=', '1.1.1.1', '0.0.0.0/0', 'Anna phone', 0, '192.0.2.2:40211', 'running', '10.0.0.2/32', 1420, 21,
  'vpn.example.org', 'akLd5DDKgm/mba9Rl5/T/stsRZcDS+4CAnVRNQ+W+Nc='),
 ('PPgtEwp6irzUljJiC8RWhGORF+jWmzmHFMsTcMHo0S4=', '', '1.1.1.1', '0.0.0.0/0', '', 0, 'N/A', 'stopped', '10.0.0.3/32', 1420, 21, 'vpn.example.org', '');
INSERT INTO wg0_restrict_access VALUES
 ('xK1QKgXaP+cBRtoPUN+OjeTjYvBkJwaIsrETHr1yDj0=', 'CELw4AuEptpfqIEnpxYhTIKFgGFr65K4anEBpz2qlmI=', '1.1.1.1', '10.0.0.0/24', 'tv', 0, 'N/A', 'stopped', '10.0.0.4/32', 1420, 21, 'vpn.example.org', '');
