#pragma once
#include <turbojpeg.h>
#include <spng.h>
#include <webp/decode.h>
